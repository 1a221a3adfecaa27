// SPDX-License-Identifier: BSD-2-Clause
// One end of an MSRP session by msrp-node-lib: exchanges SDP by files, sends a short text and a long one in chunks, and
// prints what it sends and gets as SIZE and SHA-1.
//   node msrp-node-end.js LIBRARY offer|answer HOST PORT REMOTE-SDP LOCAL-SDP
'use strict';
const crypto = require('crypto');
const fs = require('fs');

const [, , library, role, host, port, remote, local] = process.argv;
const quiet = () => {};
const msrp = require(library)({
	host, port: Number(port), sessionName: role, acceptTypes: 'text/plain',
	setup: role === 'offer' ? 'active' : 'passive',
	forceSetup: true, enableHeartbeats: false, requestReports: true,
	useInboundMessageForSocketSetup: true, // ours comes from another port than its URI's
}, { debug: quiet, info: quiet, warn: quiet, error: quiet });
const long = 'a line, and what looks like an end-line:\r\n-------abc$\r\n'.repeat(6000);
const say = (...words) => console.log(...words);
const name = (text) => `${text.length} ${crypto.createHash('sha1').update(text).digest('hex')}`;

function until(file) {
	return new Promise((done) => {
		const timer = setInterval(() => {
			if (!fs.existsSync(file))
				return;
			clearInterval(timer);
			done(fs.readFileSync(file, 'utf8'));
		}, 50);
	});
}

async function exchange(session) {
	const tell = async () => {
		fs.writeFileSync(`${local}.new`, await new Promise((done, fail) => session.getDescription(done, fail)));
		fs.renameSync(`${local}.new`, local);
	};
	const hear = async () => {
		const sdp = await until(remote);
		await new Promise((done, fail) => session.setDescription(sdp, done, fail));
	};

	await (role === 'offer' ? tell() : hear());
	await (role === 'offer' ? hear() : tell());
}

msrp.Server.start(async (error) => {
	if (error)
		throw error;
	const session = msrp.SessionController.createSession();
	const send = () => {
		for (const text of [`hello from ${role}`, long]) {
			say('sends', name(text));
			session.sendMessage(text, quiet);
		}
	};

	session.on('message', (m) => {
		if (m.body)
			say('got', name(m.body));
		if (role === 'answer' && !m.body)
			send(); // the connection is bound to the session now
	});
	session.on('socketSet', () => {
		if (role === 'offer')
			setTimeout(send, 200);
	});
	await exchange(session);
});
