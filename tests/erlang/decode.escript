#!/usr/bin/env escript
%% SPDX-License-Identifier: BSD-2-Clause
%% H.248 text as Erlang/OTP's megaco application reads and writes it.
%%   decode.escript encode FROM TO     decodes every file of folder FROM, by both scanners, and writes what the pretty
%%                                     and the compact encoder make of it to TO/NAME.p and TO/NAME.c
%%   decode.escript compare FROM BACK  every FROM/NAME must mean what BACK/NAME means
%% A line a file: "ok NAME", "refused NAME WHY", "differs NAME", or, for a tree that its own encoder does not take,
%% "unwritable NAME WHY". The exit status is 0: the caller judges.
-mode(compile).

main(["encode", From, To]) ->
	[report(Name, encode(filename:join(From, Name), filename:join(To, Name))) || Name <- files(From)];
main(["compare", From, Back]) ->
	[report(Name, compare(filename:join(From, Name), filename:join(Back, Name))) || Name <- files(From)].

files(Dir) ->
	{ok, Names} = file:list_dir(Dir),
	lists:sort(Names).

report(Name, ok) -> io:format("ok ~s~n", [Name]);
report(Name, differs) -> io:format("differs ~s~n", [Name]);
report(Name, {What, Why}) -> io:format("~s ~s ~0P~n", [What, Name, Why, 12]).

decode(File) -> decode(File, []).

%% The pretty and the compact encoder share their decoders, but that is theirs to know: both are asked.
decode(File, Config) ->
	{ok, Text} = file:read_file(File),
	case {megaco_pretty_text_encoder:decode_message(Config, dynamic, Text),
	      megaco_compact_text_encoder:decode_message(Config, dynamic, Text)} of
		{{ok, Tree}, {ok, Tree}} -> {ok, Tree};
		{{ok, _}, {error, Why}} -> {refused, reason(Why)};
		{{error, Why}, _} -> {refused, reason(Why)}
	end.

reason([{reason, Why} | _]) -> Why;
reason(Why) -> Why.

%% The scanner in C makes quoted text lower case, so that its tree is another one.
encode(From, To) ->
	case {decode(From), decode(From, flex())} of
		{{ok, Tree}, {ok, _}} -> write(Tree, To);
		{{ok, Tree}, {refused, Why}} ->
			case write(Tree, To) of
				ok -> {refused, {c_scanner, Why}};
				Failed -> Failed
			end;
		{Refused, _} -> Refused
	end.

%% Configuration of a decoder that uses the scanner in C, where the installation has it.
flex() ->
	case get(flex) of
		undefined ->
			put(flex, case catch megaco_flex_scanner:start() of
				{ok, Port} -> [{flex, Port}];
				_ -> []
			end),
			get(flex);
		Config -> Config
	end.

write(Tree, To) ->
	{'MegacoMessage', _, Message} = Tree,
	Version = element(2, Message),
	case {megaco_pretty_text_encoder:encode_message([], Version, Tree),
	      megaco_compact_text_encoder:encode_message([], Version, Tree)} of
		{{ok, Pretty}, {ok, Compact}} ->
			ok = file:write_file(To ++ ".p", Pretty),
			ok = file:write_file(To ++ ".c", Compact);
		{{error, Why}, _} -> {unwritable, Why};
		{_, {error, Why}} -> {unwritable, Why}
	end.

compare(From, Back) ->
	{ok, Want} = decode(From),
	case decode(Back) of
		{ok, Want} -> ok;
		{ok, _} -> differs;
		Refused -> Refused
	end.
