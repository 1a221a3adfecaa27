#!/usr/bin/env escript
%% SPDX-License-Identifier: BSD-2-Clause
%% What tests/bench/bench_mgco measures, by Erlang/OTP's megaco application: H.248 requests a second between two
%% processes on loopback, with the request and the reply of tests/vec/mgco, each read and written anew every time.
%%   megaco_rate.escript server tcp|udp PORT FOLDER                  until standard input ends
%%   megaco_rate.escript client tcp|udp PORT FOLDER WINDOW SECONDS   so many requests are under way at a time
%% Its scanner in C is used where the installation has it, and the compact encoder.
-module(megaco_rate).
-mode(compile).
-include_lib("megaco/include/megaco.hrl").
-include_lib("megaco/include/megaco_message_v2.hrl").

-export([handle_connect/2, handle_disconnect/3, handle_syntax_error/3, handle_message_error/3]).
-export([handle_trans_request/3, handle_trans_long_request/3, handle_trans_reply/4, handle_trans_ack/4]).
-export([handle_unexpected_trans/3, handle_trans_request_abort/4]).

-define(HOST, {127, 0, 0, 1}).

main(["server", Proto, Port, Folder]) ->
	put_setting(reply, replies(read(Folder, "04-terminating-add-reply.txt"))),
	Handle = start_user("server", list_to_atom(Proto)),
	serve(list_to_atom(Proto), Handle, list_to_integer(Port)),
	io:format("ready~n"),
	eof = io:get_line("");
main(["client", Proto, Port, Folder, Window, Seconds]) ->
	Actions = actions(read(Folder, "03-terminating-add.txt")),
	Handle = start_user("client", list_to_atom(Proto)),
	{ok, First} = link_to(list_to_atom(Proto), Handle, list_to_integer(Port)),
	true = ask(First, Actions), % makes the peer known by its own name
	measure(Proto, list_to_integer(Window), list_to_integer(Seconds), Actions).

put_setting(Key, Value) -> persistent_term:put({?MODULE, Key}, Value).
setting(Key) -> persistent_term:get({?MODULE, Key}).

read(Folder, Name) ->
	{ok, Text} = file:read_file(filename:join(Folder, Name)),
	{ok, #'MegacoMessage'{mess = #'Message'{messageBody = {transactions, [Transaction]}}}} =
		megaco_compact_text_encoder:decode_message([], 2, Text),
	Transaction.

actions({transactionRequest, #'TransactionRequest'{actions = Actions}}) -> Actions.
replies({transactionReply, #'TransactionReply'{transactionResult = {actionReplies, Replies}}}) -> Replies.

%% ---- both ends ----

start_user(Name, Proto) ->
	ok = megaco:start(),
	Mid = {deviceName, Name},
	Config = case catch megaco_flex_scanner:start() of
		{ok, Ports} -> [{flex, Ports}];
		_ -> []
	end,
	ok = megaco:start_user(Mid, [{user_mod, ?MODULE}, {protocol_version, 2}]),
	ok = megaco:update_user_info(Mid, encoding_mod, megaco_compact_text_encoder),
	ok = megaco:update_user_info(Mid, encoding_config, Config),
	ok = megaco:update_user_info(Mid, send_mod, case Proto of tcp -> megaco_tcp; udp -> megaco_udp end),
	%% As fast as ours to repeat what is lost; over TCP nothing is.
	Timer = #megaco_incr_timer{wait_for = 200, factor = 2, incr = 0, max_retries = 6},
	[ok = megaco:update_user_info(Mid, request_timer, Timer) || Proto =:= udp],
	megaco:user_info(Mid, receive_handle).

serve(tcp, Handle, Port) ->
	{ok, Pid} = megaco_tcp:start_transport(),
	ok = megaco_tcp:listen(Pid, [{port, Port}, {receive_handle, Handle}, {tcp_options, [{ip, ?HOST}, {nodelay, true}]}]);
serve(udp, Handle, Port) ->
	{ok, Pid} = megaco_udp:start_transport(),
	{ok, _, _} = megaco_udp:open(Pid, [{port, Port}, {receive_handle, Handle}, {udp_options, [{ip, ?HOST} | buffers()]}]).

link_to(tcp, Handle, Port) ->
	{ok, Pid} = megaco_tcp:start_transport(),
	{ok, To, Control} = megaco_tcp:connect(Pid, [{host, ?HOST}, {port, Port}, {receive_handle, Handle},
		{tcp_options, [{nodelay, true}]}]),
	megaco:connect(Handle, preliminary_mid, To, Control);
link_to(udp, Handle, Port) ->
	{ok, Pid} = megaco_udp:start_transport(),
	{ok, Socket, Control} = megaco_udp:open(Pid, [{port, 0}, {receive_handle, Handle}, {udp_options, buffers()}]),
	megaco:connect(Handle, preliminary_mid, megaco_udp:create_send_handle(Socket, ?HOST, Port), Control).

buffers() -> [{recbuf, 1 bsl 20}, {sndbuf, 1 bsl 20}].

%% ---- the client ----

ask(Conn, Actions) ->
	case megaco:call(Conn, Actions, []) of
		{_Version, {ok, _}} -> true;
		_ -> false
	end.

measure(Proto, Window, Seconds, Actions) ->
	Done = counters:new(2, []), % answered, failed
	Conn = setting(conn),
	{Cpu, _} = erlang:statistics(runtime),
	Begin = erlang:monotonic_time(millisecond),
	End = Begin + Seconds * 1000,
	Workers = [spawn_monitor(fun() -> work(Conn, Actions, Done, End) end) || _ <- lists:seq(1, Window)],
	[receive {'DOWN', Ref, process, _, _} -> ok end || {_, Ref} <- Workers],
	Took = erlang:monotonic_time(millisecond) - Begin,
	{CpuAfter, _} = erlang:statistics(runtime),
	N = counters:get(Done, 1),
	io:format("~s window=~w requests=~w failed=~w per_s=~w client_us=~.2f~n",
		[Proto, Window, N, counters:get(Done, 2), N * 1000 div Took, (CpuAfter - Cpu) * 1000 / max(N, 1)]).

work(Conn, Actions, Done, End) ->
	case erlang:monotonic_time(millisecond) < End of
		true ->
			counters:add(Done, case ask(Conn, Actions) of true -> 1; false -> 2 end, 1),
			work(Conn, Actions, Done, End);
		false -> ok
	end.

%% ---- what the application tells its user ----

handle_connect(Conn, _Version) ->
	put_setting(conn, Conn),
	ok.

handle_trans_request(_Conn, _Version, Actions) when is_list(Actions) -> {discard_ack, setting(reply)};
handle_trans_request(_Conn, _Version, Error) -> {discard_ack, Error}.

handle_disconnect(_Conn, _Version, _Why) -> ok.
handle_syntax_error(_Receive, _Version, _Error) -> reply.
handle_message_error(_Conn, _Version, _Error) -> no_reply.
handle_trans_long_request(_Conn, _Version, _Data) -> {discard_ack, []}.
handle_trans_reply(_Conn, _Version, _Reply, _Data) -> ok.
handle_trans_ack(_Conn, _Version, _Status, _Data) -> ok.
handle_unexpected_trans(_Conn, _Version, _Transaction) -> ok.
handle_trans_request_abort(_Conn, _Version, _Id, _Pid) -> ok.
