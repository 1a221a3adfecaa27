// SPDX-License-Identifier: BSD-2-Clause
import java.io.File;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;
import javax.net.msrp.*;
import javax.net.msrp.events.MessageAbortedEvent;

/**
 * One end of an MSRP session by msrp-java: exchanges SDP by files, sends a short text, a binary message in chunks, a
 * NICKNAME, and a file that it gives up in the middle; prints what it sends and gets as SIZE and SHA-1.
 *   java MsrpJavaEnd offer|answer HOST REMOTE-SDP LOCAL-SDP FILE-TO-GIVE-UP
 */
public class MsrpJavaEnd implements SessionListener {
	private static final int KEPT = 1 << 20;
	private final String role;
	private final File received;
	private Session session;

	private MsrpJavaEnd(String role, File received) {
		this.role = role;
		this.received = received;
	}

	private static void say(String words) {
		System.out.println(words);
	}

	private static String name(byte[] b) throws Exception {
		StringBuilder s = new StringBuilder().append(b.length).append(' ');

		for (byte x : MessageDigest.getInstance("SHA-1").digest(b))
			s.append(String.format("%02x", x));
		return s.toString();
	}

	@Override
	public boolean acceptHook(Session s, IncomingMessage m) {
		try {
			if (m.getSize() > KEPT)
				received.createNewFile();
			m.setDataContainer(m.getSize() > KEPT ? new FileDataContainer(received) :
			                                        new MemoryDataContainer(KEPT));
			return true;
		} catch (Exception e) {
			say("failed " + e);
			return false;
		}
	}

	@Override
	public void receivedMessage(Session s, IncomingMessage m) {
		try {
			if (m.getDataContainer() == null)
				return; /* an empty one */
			byte[] body = m.getDataContainer().get(0, m.getSize()).array();
			say("got " + name(Arrays.copyOf(body, (int) m.getSize())));
		} catch (Exception e) {
			say("failed " + e);
		}
	}

	@Override
	public void receivedNickname(Session s, Transaction request) {
		say("nickname " + request.getNickname());
		try {
			s.sendNickResult(request);
		} catch (Exception e) {
			say("failed " + e);
		}
	}

	@Override
	public void receivedReport(Session s, Transaction report) {
		say("report");
	}

	@Override
	public void receivedNickNameResult(Session s, TransactionResponse result) {
		say("nickname answered");
	}

	@Override
	public void abortedMessageEvent(MessageAbortedEvent e) {
		say("aborted");
	}

	@Override
	public void updateSendStatus(Session s, Message m, long sent) {
	}

	@Override
	public void connectionLost(Session s, Throwable cause) {
		say("lost " + cause);
	}

	private static String until(String file) throws Exception {
		while (!Files.exists(Path.of(file)))
			Thread.sleep(50);
		return Files.readString(Path.of(file));
	}

	private void tell(String file, String host) throws Exception {
		String[] lines = { "v=0", "o=j 1 1 IN IP4 " + host, "s=-", "c=IN IP4 " + host, "t=0 0",
			"m=message " + session.getURI().getPort() + " TCP/MSRP *", "a=accept-types:*",
			"a=setup:" + (role.equals("offer") ? "active" : "passive"), "a=path:" + session.getURI(), "" };

		Files.writeString(Path.of(file + ".new"), String.join("\r\n", lines));
		Files.move(Path.of(file + ".new"), Path.of(file));
	}

	private static ArrayList<URI> path(String sdp) throws Exception {
		ArrayList<URI> uris = new ArrayList<>();

		for (String line : sdp.split("\r\n"))
			if (line.startsWith("a=path:"))
				for (String uri : line.substring(7).split(" "))
					uris.add(new URI(uri));
		return uris;
	}

	private void send(byte[] body) throws Exception {
		OutgoingMessage m = new OutgoingMessage("application/octet-stream", body);

		m.setSuccessReport(true);
		say("sends " + name(body));
		session.sendMessage(m);
	}

	private static byte[] binary() {
		byte[] body = new byte[300000], bait = "\r\n-------abc$\r\n".getBytes();

		new Random(1).nextBytes(body);
		for (int i = 0; i + 100 < body.length; i += 100)
			System.arraycopy(bait, 0, body, i, bait.length);
		return body;
	}

	public static void main(String[] arg) throws Exception {
		MsrpJavaEnd end = new MsrpJavaEnd(arg[0], new File(arg[3] + ".got"));
		InetAddress host = InetAddress.getByName(arg[1]);
		boolean offers = arg[0].equals("offer");

		if (offers) {
			end.session = Session.create(false, false, host);
			end.session.setListener(end);
			end.tell(arg[3], arg[1]);
			end.session.setToPath(path(until(arg[2])));
		} else {
			end.session = Session.create(false, false, path(until(arg[2])).get(0), host);
			end.session.setListener(end);
			end.tell(arg[3], arg[1]);
			while (!end.session.isActive())
				Thread.sleep(50);
		}
		Thread.sleep(500); /* the binding SEND crosses */
		end.send(("hello from " + arg[0]).getBytes());
		end.send(binary());
		if (offers) {
			OutgoingMessage file = new OutgoingMessage("application/octet-stream", new File(arg[4]));

			/* What was sent is through: it loses its place when too many messages come at once. */
			Thread.sleep(2000);
			end.session.requestNickname("Alice");
			Thread.sleep(1000);
			end.session.sendMessage(file);
			Thread.sleep(30);
			file.abort(MessageAbortedEvent.CONTINUATIONFLAG, null);
		}
		Thread.sleep(60000);
	}
}
