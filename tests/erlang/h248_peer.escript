#!/usr/bin/env escript
%% SPDX-License-Identifier: BSD-2-Clause
%% Erlang/OTP's megaco application as the other end of H.248: a controller that a test types commands to, or a gateway
%% that answers them.
%%   h248_peer.escript mgc tcp|udp ADDRESS PORT pretty|compact TRACE      serves gateways at ADDRESS:PORT
%%   h248_peer.escript mg  tcp|udp ADDRESS PORT pretty|compact TRACE      registers at the controller at ADDRESS:PORT; its
%%                                                                   terminations are at addresses for documentation
%% Every message is shown and, as folder TRACE/in or TRACE/out, kept in a file of its own. Standard input:
%%   send      the lines up to "." are the actions of a request, as one writes them inside of Transaction = n { }; the
%%             application's own parser reads them and its encoder writes them
%%   refuse CODE NAME  a gateway answers an Add that has NAME in it with this error from now on; "refuse 0 -": no more
%%   quit
%% Each request of ours ends with a line "== done ok" or "== done WHY"; what a gateway says of itself with "== told".
-module(h248_peer).
-mode(compile).
-include_lib("megaco/include/megaco.hrl").
-include_lib("megaco/include/megaco_message_v2.hrl").

-export([send_message/2]).
-export([encode_message/3, decode_message/3, decode_mini_message/3, version_of/2]).
-export([encode_transaction/3, encode_action_requests/3]).
-export([handle_connect/2, handle_disconnect/3, handle_syntax_error/3, handle_message_error/3]).
-export([handle_trans_request/3, handle_trans_long_request/3, handle_trans_reply/4, handle_trans_ack/4]).
-export([handle_unexpected_trans/3, handle_trans_request_abort/4]).

-define(FINGERPRINT, lists:append(lists:duplicate(31, "E5:")) ++ "E5").

main([Role, Proto, Address, Port, Encoder, Trace]) ->
	{ok, Ip} = inet:parse_address(Address),
	[ok = filelib:ensure_dir(filename:join([Trace, Dir, "x"])) || Dir <- ["in", "out"]],
	put_setting(trace, {Trace, counters:new(1, [])}),
	put_setting(encoder, list_to_atom("megaco_" ++ Encoder ++ "_text_encoder")),
	put_setting(role, list_to_atom(Role)),
	put_setting(next, counters:new(1, [])),
	put_setting(version, 2), % until another one is agreed on
	contexts = ets:new(contexts, [named_table, public, ordered_set]), % of a gateway: {ContextID, terminations}
	start(list_to_atom(Role), list_to_atom(Proto), Ip, list_to_integer(Port)),
	say("~s runs, ~s ~s:~s", [Role, Proto, Address, Port]),
	read_commands(),
	halt(0).

put_setting(Key, Value) -> persistent_term:put({?MODULE, Key}, Value).
setting(Key) -> persistent_term:get({?MODULE, Key}, undefined).

say(Format, Args) -> io:format("== " ++ Format ++ "~n", Args).

%% ---- starting ----

start(mgc, Proto, Ip, Port) ->
	Handle = start_user(mid(Ip, Port), transport(Proto, Ip)),
	serve(transport(Proto, Ip), Handle, Ip, Port);
start(mg, Proto, Ip, Port) ->
	Handle = start_user({deviceName, "erlang/mg1"}, transport(Proto, Ip)),
	put_setting(link, fun() -> link_to(transport(Proto, Ip), Handle, Ip, Port) end),
	{ok, Conn} = (setting(link))(),
	put_setting(conn, Conn).

mid(Ip, Port) when tuple_size(Ip) =:= 4 ->
	{ip4Address, #'IP4Address'{address = tuple_to_list(Ip), portNumber = Port}};
mid(Ip, Port) ->
	{ip6Address, #'IP6Address'{address = [B || Word <- tuple_to_list(Ip), B <- [Word bsr 8, Word band 255]],
		portNumber = Port}}.

family(Ip) when tuple_size(Ip) =:= 4 -> inet;
family(_) -> inet6.

%% The application's own UDP transport looks addresses up as IPv4, so that IPv6 needs one of ours (below).
transport(udp, Ip) when tuple_size(Ip) =:= 8 -> udp6;
transport(Proto, _) -> Proto.

start_user(Mid, Proto) ->
	ok = megaco:start(),
	ok = megaco:start_user(Mid, [{user_mod, ?MODULE}, {protocol_version, 2}]),
	ok = megaco:update_user_info(Mid, encoding_mod, ?MODULE),
	ok = megaco:update_user_info(Mid, encoding_config, []),
	ok = megaco:update_user_info(Mid, send_mod, send_module(Proto)),
	ok = megaco:update_user_info(Mid, request_timer, request_timer(Proto)),
	megaco:user_info(Mid, receive_handle).

%% Repeats after 0.2, 0.6, 1.4 ... s; over TCP a lost request is a lost connection.
request_timer(tcp) -> infinity;
request_timer(_) -> #megaco_incr_timer{wait_for = 200, factor = 2, incr = 0, max_retries = 6}.

send_module(tcp) -> megaco_tcp;
send_module(udp) -> megaco_udp;
send_module(udp6) -> ?MODULE.

serve(tcp, Handle, Ip, Port) ->
	{ok, Pid} = megaco_tcp:start_transport(),
	ok = megaco_tcp:listen(Pid, [{port, Port}, {receive_handle, Handle}, {tcp_options, [family(Ip), {ip, Ip}]}]);
serve(udp6, Handle, Ip, Port) ->
	_ = open_udp6(Handle, [{ip, Ip}], Port);
serve(udp, Handle, Ip, Port) ->
	{ok, Pid} = megaco_udp:start_transport(),
	{ok, _, _} = megaco_udp:open(Pid, [{port, Port}, {receive_handle, Handle}, {udp_options, [{ip, Ip}]}]).

link_to(tcp, Handle, Ip, Port) ->
	{ok, Pid} = megaco_tcp:start_transport(),
	{ok, To, Control} = megaco_tcp:connect(Pid, [{host, Ip}, {port, Port}, {receive_handle, Handle},
		{tcp_options, [family(Ip)]}]),
	megaco:connect(Handle, preliminary_mid, To, Control);
link_to(udp6, Handle, Ip, Port) ->
	{Pid, Socket} = open_udp6(Handle, [], 0),
	megaco:connect(Handle, preliminary_mid, {Socket, Ip, Port}, Pid);
link_to(udp, Handle, Ip, Port) ->
	{ok, Pid} = megaco_udp:start_transport(),
	{ok, Socket, Control} = megaco_udp:open(Pid, [{port, 0}, {receive_handle, Handle}]),
	megaco:connect(Handle, preliminary_mid, megaco_udp:create_send_handle(Socket, Ip, Port), Control).

open_udp6(Handle, Options, Port) ->
	Owner = self(),
	Pid = spawn_link(fun() ->
		{ok, Socket} = gen_udp:open(Port, [inet6, binary, {active, true} | Options]),
		Owner ! {self(), Socket},
		receive_udp6(Handle, Socket)
	end),
	receive {Pid, Socket} -> {Pid, Socket} end.

receive_udp6(Handle, Socket) ->
	receive
		{udp, Socket, Ip, Port, Message} -> megaco:receive_message(Handle, self(), {Socket, Ip, Port}, Message);
		_ -> ignored
	end,
	receive_udp6(Handle, Socket).

send_message({Socket, Ip, Port}, Message) -> gen_udp:send(Socket, Ip, Port, Message).

%% ---- commands ----

read_commands() ->
	case io:get_line("") of
		"send\n" ->
			send(read_block([])),
			read_commands();
		"refuse " ++ Rest ->
			[Code, Name] = string:lexemes(Rest, " \n"),
			put_setting(refuse, {list_to_integer(Code), Name}),
			say("refuses ~s", [Name]),
			read_commands();
		"quit\n" -> ok;
		eof -> ok
	end.

read_block(Lines) ->
	case io:get_line("") of
		".\n" -> lists:append(lists:reverse(Lines));
		Line when is_list(Line) -> read_block([Line | Lines])
	end.

send(Text) ->
	Version = setting(version),
	Message = iolist_to_binary([io_lib:format("MEGACO/~w [127.0.0.1]\nTransaction = 1 {\n", [Version]), Text, "}\n"]),
	case megaco_pretty_text_encoder:decode_message([], Version, Message) of
		{ok, #'MegacoMessage'{mess = #'Message'{messageBody = {transactions,
				[{transactionRequest, #'TransactionRequest'{actions = Actions}}]}}}} ->
			{_, Result} = megaco:call(setting(conn), Actions, []),
			say("done ~s", [verdict(Result)]);
		{error, [{reason, Why} | _]} -> say("done unparsable ~0p", [Why])
	end.

verdict({ok, Replies}) -> verdict_of(lists:append([errors(R) || R <- Replies]));
verdict({error, #'ErrorDescriptor'{} = E}) -> verdict_of([E]);
verdict({error, Why}) -> io_lib:format("failed ~0p", [Why]).

verdict_of([]) -> "ok";
verdict_of([#'ErrorDescriptor'{errorCode = Code} | _]) -> io_lib:format("error ~w", [Code]).

%% Error descriptors wherever they are in a reply.
errors(#'ErrorDescriptor'{} = E) -> [E];
errors(T) when is_tuple(T) -> errors(tuple_to_list(T));
errors([H | T]) -> errors(H) ++ errors(T);
errors(_) -> [].

%% ---- an encoder that shows and keeps what passes ----

encode_message(Config, Version, Message) ->
	case (setting(encoder)):encode_message(Config, Version, Message) of
		{ok, Text} ->
			keep("out", Text),
			{ok, Text};
		Error -> Error
	end.

decode_message(Config, Version, Text) ->
	case (setting(encoder)):decode_message(Config, Version, Text) of
		{ok, Message} ->
			keep("in", Text),
			{ok, Message};
		Error ->
			keep("in", Text),
			say("undecodable ~0P", [Error, 20]),
			Error
	end.

decode_mini_message(Config, Version, Text) -> (setting(encoder)):decode_mini_message(Config, Version, Text).
version_of(Config, Text) -> (setting(encoder)):version_of(Config, Text).
encode_transaction(Config, Version, T) -> (setting(encoder)):encode_transaction(Config, Version, T).
encode_action_requests(Config, Version, A) -> (setting(encoder)):encode_action_requests(Config, Version, A).

keep(Dir, Text) ->
	{Trace, Counter} = setting(trace),
	ok = counters:add(Counter, 1, 1),
	Name = io_lib:format("~4..0b", [counters:get(Counter, 1)]),
	ok = file:write_file(filename:join([Trace, Dir, Name]), Text),
	io:format("~s ~s~n~s~n", [case Dir of "in" -> "<--"; "out" -> "-->" end, Name, Text]).

%% ---- what the application tells its user ----

handle_connect(Conn, _Version) ->
	put_setting(conn, Conn),
	say("connected ~0p", [Conn#megaco_conn_handle.remote_mid]),
	ok.

handle_disconnect(_Conn, _Version, Why) ->
	say("disconnected ~0P", [Why, 20]),
	ok.

handle_syntax_error(_Receive, _Version, Error) ->
	say("syntax error ~0p", [Error]),
	reply.

handle_message_error(_Conn, _Version, Error) ->
	say("message error ~0p", [Error]),
	no_reply.

handle_trans_request(_Conn, _Version, #'ErrorDescriptor'{} = Error) ->
	say("bad request ~0p", [Error]),
	{discard_ack, Error};
handle_trans_request(_Conn, _Version, Actions) ->
	{discard_ack, lists:append([replies_to(A) || A <- Actions])}.

handle_trans_long_request(_Conn, _Version, _Data) -> {discard_ack, []}.
handle_trans_reply(_Conn, _Version, _Reply, _Data) -> ok.
handle_trans_ack(_Conn, _Version, _Status, _Data) -> ok.

handle_unexpected_trans(_Conn, _Version, Transaction) ->
	say("unexpected ~0P", [Transaction, 20]),
	ok.

handle_trans_request_abort(_Conn, _Version, _Id, _Pid) -> ok.

%% ---- answers ----

%% All contexts at once: audits of ROOT, which are the list of them.
replies_to(#'ActionRequest'{contextId = ?megaco_all_context_id, commandRequests = Commands}) ->
	Contexts = case [Ctx || {Ctx, _} <- ets:tab2list(contexts)] of
		[] -> [?megaco_null_context_id];
		Some -> Some
	end,
	[#'ActionReply'{contextId = Ctx, commandReply = answers(Commands, Ctx)} || Ctx <- Contexts];
replies_to(#'ActionRequest'{contextId = Ctx, commandRequests = Commands}) ->
	Id = case Ctx of
		?megaco_choose_context_id -> next() + 1000;
		_ -> Ctx
	end,
	[#'ActionReply'{contextId = Id, commandReply = answers(Commands, Id)}].

%% Up to the first error.
answers([], _Ctx) -> [];
answers([#'CommandRequest'{command = Command} | Rest], Ctx) ->
	Answer = answer(Command, Ctx),
	case errors(Answer) of
		[] -> [Answer | answers(Rest, Ctx)];
		_ -> [Answer]
	end.

%% An error descriptor for what we are told to refuse (names are in lower case here), or none.
refused(Descriptors) ->
	{Code, Name} = case setting(refuse) of
		undefined -> {0, "-"};
		Wanted -> Wanted
	end,
	Text = string:lowercase(lists:flatten(io_lib:format("~0p", [Descriptors]))),
	case Code =/= 0 andalso string:find(Text, string:lowercase(Name)) =/= nomatch of
		true -> [#'ErrorDescriptor'{errorCode = Code, errorText = "Not here: " ++ Name}];
		false -> []
	end.

count_terminations(Ctx, all) -> ets:delete(contexts, Ctx);
count_terminations(Ctx, Change) ->
	case ets:update_counter(contexts, Ctx, Change, {Ctx, 0}) of
		N when N =< 0 -> ets:delete(contexts, Ctx);
		_ -> ok
	end.

next() ->
	ok = counters:add(setting(next), 1, 1),
	counters:get(setting(next), 1).

answer({serviceChangeReq, #'ServiceChangeRequest'{terminationID = T, serviceChangeParms = P}}, _Ctx) ->
	%% By place: a message of version 1 gives a shorter record.
	{Method, [Reason]} = {element(#'ServiceChangeParm'.serviceChangeMethod, P), element(#'ServiceChangeParm'.serviceChangeReason, P)},
	Version = case element(#'ServiceChangeParm'.serviceChangeVersion, P) of
		1 -> 1;
		_ -> 2
	end,
	put_setting(version, Version),
	_ = megaco:update_conn_info(setting(conn), protocol_version, Version),
	say("told ~s ~s", [Method, Reason]),
	{serviceChangeReply, #'ServiceChangeReply'{terminationID = T,
		serviceChangeResult = {serviceChangeResParms, #'ServiceChangeResParm'{serviceChangeVersion = Version}}}};
answer({notifyReq, #'NotifyRequest'{terminationID = T, observedEventsDescriptor = O}}, _Ctx) ->
	#'ObservedEventsDescriptor'{requestId = Id, observedEventLst = Events} = O,
	[say("told ~s of ~w", [Name, Id]) || #'ObservedEvent'{eventName = Name} <- Events],
	{notifyReply, #'NotifyReply'{terminationID = T}};
answer({addReq, #'AmmRequest'{terminationID = [T], descriptors = Descriptors}}, Ctx) ->
	case refused(Descriptors) of
		[] -> add(T, Descriptors, Ctx);
		[Error] -> {addReply, #'AmmsReply'{terminationID = [T], terminationAudit = [{errorDescriptor, Error}]}}
	end;
answer({modReq, #'AmmRequest'{terminationID = T}}, _Ctx) ->
	{modReply, #'AmmsReply'{terminationID = T}};
answer({subtractReq, #'SubtractRequest'{terminationID = T}}, Ctx) ->
	count_terminations(Ctx, case T of [#megaco_term_id{id = ["*"]}] -> all; _ -> -1 end),
	Values = [{"nt/dur", "61000"}, {"nt/os", "1111"}, {"nt/or", "2222"}],
	{subtractReply, #'AmmsReply'{terminationID = T, terminationAudit = [{statisticsDescriptor,
		[#'StatisticsParameter'{statName = N, statValue = [V]} || {N, V} <- Values]}]}};
answer({auditValueRequest, #'AuditRequest'{terminationID = T}}, _Ctx) ->
	{auditValueReply, {auditResult, #'AuditResult'{terminationID = T, terminationAuditResult = []}}}.

add(T, Descriptors, Ctx) ->
	Number = next(),
	count_terminations(Ctx, 1),
	Name = [case Part of "$" -> integer_to_list(Number); _ -> Part end || Part <- T#megaco_term_id.id],
	{addReply, #'AmmsReply'{terminationID = [#megaco_term_id{id = Name}],
		terminationAudit = [{mediaDescriptor, chosen(M, Number)} || {mediaDescriptor, M} <- Descriptors]}}.

%% The Local of each stream with what a gateway has chosen for "$".
chosen(#'MediaDescriptor'{streams = {oneStream, P}}, Number) ->
	#'MediaDescriptor'{streams = {oneStream, chosen_stream(P, Number)}};
chosen(#'MediaDescriptor'{streams = {multiStream, Streams}}, Number) ->
	#'MediaDescriptor'{streams = {multiStream, [S#'StreamDescriptor'{streamParms = chosen_stream(P, Number)}
		|| #'StreamDescriptor'{streamParms = P} = S <- Streams]}}.

chosen_stream(P, Number) ->
	#'StreamParms'{localDescriptor = chosen_local(P#'StreamParms'.localDescriptor, Number)}.

chosen_local(#'LocalRemoteDescriptor'{propGrps = Groups}, Number) ->
	#'LocalRemoteDescriptor'{propGrps = [[chosen_line(L, Number) || L <- G] || G <- Groups]}.

chosen_line(#'PropertyParm'{name = "c", value = [V]} = L, Number) ->
	L#'PropertyParm'{value = [fill(V, "203.0.113." ++ integer_to_list(Number))]};
chosen_line(#'PropertyParm'{name = "m", value = [V]} = L, Number) ->
	L#'PropertyParm'{value = [fill(V, integer_to_list(40000 + Number))]};
chosen_line(#'PropertyParm'{name = "a", value = ["fingerprint:" ++ _ = V]} = L, _) ->
	L#'PropertyParm'{value = [fill(V, ?FINGERPRINT)]};
chosen_line(L, _) -> L.

fill(Text, Value) -> lists:flatten(string:replace(Text, "$", Value)).
