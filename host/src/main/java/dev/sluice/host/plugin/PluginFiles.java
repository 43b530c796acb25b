package dev.sluice.host.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The jars of a directory, and private copies of them: a jar that is overwritten must not reach an open loader. */
final class PluginFiles {
    private static final Logger LOG = LoggerFactory.getLogger(PluginFiles.class);
    private static final long MAX_BYTES = 512L << 20;
    private static final String TOO_LARGE = "it is larger than 512 MiB: build it with less in it";
    private static final String GONE = "it was taken away while it was read: put it here again, unless that was meant";
    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    /** A private copy, named by its SHA-256. */
    record Copy(Path path, String sha256) {}

    /** What tells whether a file has changed, without reading it; null: nothing can be told of it. */
    record Stamp(
            Path realPath,
            long size,
            FileTime modified,
            @Nullable Object key) {

        static @Nullable Stamp of(Path file) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                return new Stamp(
                        file.toRealPath(), attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
            } catch (IOException e) {
                return null;
            }
        }
    }

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
        if (Files.notExists(jar)) {
            throw new RefusedException(
                    Files.isSymbolicLink(jar)
                            ? "it is a link to what is not there: put the jar itself here, or mend the link"
                            : GONE);
        }
        if (!Files.isReadable(jar)) {
            throw new RefusedException("it may not be read: check its permissions");
        }
        // Before it is opened: that waits for a writer where it is a pipe.
        if (!Files.isRegularFile(jar)) {
            throw new RefusedException("it is not a plain file: put the jar itself here");
        }
        try (InputStream in = checked(jar)) {
            return copied(in);
        } catch (NoSuchFileException e) {
            throw new RefusedException(GONE, e);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static InputStream checked(Path jar) throws IOException, RefusedException {
        if (POSIX && Files.getPosixFilePermissions(jar).contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new RefusedException("anybody on this machine may change it: chmod o-w it");
        }
        if (Files.size(jar) > MAX_BYTES) {
            throw new RefusedException(TOO_LARGE);
        }
        return Files.newInputStream(jar);
    }

    private Copy copied(InputStream jar) throws RefusedException {
        try {
            Files.createDirectories(work);
            Path partial = Files.createTempFile(work, "copy-", ".part");
            try {
                return copied(jar, partial);
            } finally {
                Files.deleteIfExists(partial);
            }
        } catch (IOException e) {
            throw new RefusedException(
                    "it cannot be copied to " + work + " (" + reason(e) + "): make that a directory that may be"
                            + " written, free space there, or point java.io.tmpdir elsewhere",
                    e);
        }
    }

    private Copy copied(InputStream jar, Path partial) throws IOException, RefusedException {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            try (OutputStream out = new DigestOutputStream(Files.newOutputStream(partial), sha256)) {
                bounded(jar, out);
            }
            String hex = HexFormat.of().formatHex(sha256.digest());
            Path copy = copyOf(hex);
            if (POSIX) {
                Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("r--------"));
            }
            Files.move(partial, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            return new Copy(copy, hex);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /** Where the copy of a jar of that sum is, if there is one. */
    Path copyOf(String sha256) {
        return work.resolve(sha256 + ".jar");
    }

    /** Deletes the copies of all other sums; one that cannot be deleted now is tried again the next time. */
    void deleteAllBut(Set<String> sums) {
        try (Stream<Path> copies = Files.list(work)) {
            for (Path copy : copies.toList()) {
                String name = copy.getFileName().toString();
                if (name.endsWith(".jar") && !sums.contains(name.substring(0, name.length() - 4))) {
                    Files.deleteIfExists(copy);
                }
            }
        } catch (IOException e) {
            LOG.debug("copies of jars cannot be deleted from {}", work, e);
        }
    }

    private static void bounded(InputStream in, OutputStream out) throws IOException, RefusedException {
        byte[] buffer = new byte[1 << 16];
        long copied = 0;
        for (int read = read(in, buffer); read >= 0; read = read(in, buffer)) {
            copied += read;
            if (copied > MAX_BYTES) {
                throw new RefusedException(TOO_LARGE);
            }
            out.write(buffer, 0, read);
        }
    }

    /** Reads; what goes wrong here is the jar's fault, not that of the place it is copied to. */
    private static int read(InputStream in, byte[] buffer) throws RefusedException {
        try {
            return in.read(buffer);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static RefusedException unreadable(IOException e) {
        return new RefusedException("it cannot be read (" + reason(e) + "): copy it here again", e);
    }

    /** What went wrong, without the path; some exceptions say it by their class alone. */
    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof FileAlreadyExistsException) {
            return "there is a file of this name";
        }
        String reason = e instanceof FileSystemException of ? of.getReason() : e.getMessage();
        return reason == null ? e.getClass().getSimpleName() : reason;
    }
}
