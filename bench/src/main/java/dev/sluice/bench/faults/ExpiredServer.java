package dev.sluice.bench.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/** A TLS server whose certificate ran out ten days ago; whoever trusts it all the same is sent away. */
final class ExpiredServer implements AutoCloseable {
    private static final String PASSWORD = "only-for-tests";

    private final SSLServerSocket server;

    private ExpiredServer(SSLServerSocket server) {
        this.server = server;
    }

    static ExpiredServer start() throws IOException {
        Path directory = Files.createTempDirectory("expired-");
        Path store = directory.resolve("expired.p12");
        try {
            Process keytool = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "keytool")
                                    .toString(),
                            "-genkeypair",
                            "-alias",
                            "expired",
                            "-keyalg",
                            "RSA",
                            "-dname",
                            "CN=localhost",
                            "-ext",
                            "san=dns:localhost",
                            "-startdate",
                            "-20d",
                            "-validity",
                            "10",
                            "-storetype",
                            "PKCS12",
                            "-keystore",
                            store.toString(),
                            "-storepass",
                            PASSWORD)
                    .redirectErrorStream(true)
                    .start();
            keytool.getInputStream().transferTo(OutputStream.nullOutputStream());
            if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
                throw new IOException("keytool made no certificate");
            }
            KeyStore keys = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                keys.load(in, PASSWORD.toCharArray());
            }
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(keys, PASSWORD.toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            SSLServerSocket server = (SSLServerSocket)
                    context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
            ExpiredServer made = new ExpiredServer(server);
            Thread thread = new Thread(made::serve, "expired");
            thread.setDaemon(true);
            thread.start();
            return made;
        } catch (GeneralSecurityException e) {
            throw new IOException("the JVM has no TLS", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            Files.deleteIfExists(store);
            Files.delete(directory);
        }
    }

    int port() {
        return server.getLocalPort();
    }

    private void serve() {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                socket.getInputStream().read();
            } catch (IOException e) {
                // The peer does not trust this server, as it should, or the server was closed.
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
