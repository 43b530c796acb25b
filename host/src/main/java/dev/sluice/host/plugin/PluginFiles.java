package dev.sluice.host.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** The jars of a directory, and private copies of them: a jar that is overwritten must not reach an open loader. */
final class PluginFiles {
    private static final long MAX_BYTES = 512L << 20;
    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    /** A private copy, named by its SHA-256. */
    record Copy(Path path, String sha256) {}

    private final Path work;

    PluginFiles(Path work) {
        this.work = work;
    }

    /** The jars in a directory by name; none if there is no such directory. */
    static List<Path> jars(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(PluginFiles::isJar).sorted().toList();
        }
    }

    private static boolean isJar(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".jar") && !name.startsWith(".");
    }

    /** Copies the jar's bytes as they are now. */
    Copy copy(Path jar) throws RefusedException {
        if (Files.isDirectory(jar)) {
            throw new RefusedException("it is a directory: put the jar itself here");
        }
        if (!Files.isReadable(jar)) {
            throw new RefusedException("it may not be read: check its permissions");
        }
        try {
            if (POSIX && Files.getPosixFilePermissions(jar).contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new RefusedException("anybody on this machine may change it: chmod o-w it");
            }
            return copied(jar);
        } catch (IOException e) {
            throw new RefusedException("it cannot be copied to " + work + " (" + e.getMessage() + ")", e);
        }
    }

    private Copy copied(Path jar) throws IOException, RefusedException {
        Files.createDirectories(work);
        Path partial = Files.createTempFile(work, "copy-", ".part");
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            try (InputStream in = Files.newInputStream(jar);
                    OutputStream out = new DigestOutputStream(Files.newOutputStream(partial), sha256)) {
                bounded(in, out);
            }
            String hex = HexFormat.of().formatHex(sha256.digest());
            Path copy = work.resolve(hex + ".jar");
            if (POSIX) {
                Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("r--------"));
            }
            Files.move(partial, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            return new Copy(copy, hex);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private static void bounded(InputStream in, OutputStream out) throws IOException, RefusedException {
        byte[] buffer = new byte[1 << 16];
        long copied = 0;
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            copied += read;
            if (copied > MAX_BYTES) {
                throw new RefusedException("it is larger than 512 MiB");
            }
            out.write(buffer, 0, read);
        }
    }
}
