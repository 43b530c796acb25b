package dev.sluice.host.plugin;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Looks into a plugin's jar before any class of it is loaded. */
final class JarCheck {
    private static final String API_PACKAGE = "dev/sluice/api/";
    private static final String VERSIONS = "META-INF/versions/";
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final int CLASS_MAGIC = 0xCAFEBABE;

    /** Class files of Java 1 have major version 45. */
    private static final int BEFORE_JAVA_1 = 44;

    /** What a jar's manifest says of its plugin. */
    record Manifested(String id, String version, int stateVersion, String apiRange) {}

    private JarCheck() {}

    /** Checks the jar's entries and manifest. */
    static Manifested check(Path jar) throws RefusedException {
        try (JarFile file = new JarFile(jar.toFile(), false)) {
            Enumeration<JarEntry> entries = file.entries();
            while (entries.hasMoreElements()) {
                entry(file, entries.nextElement());
            }
            return manifest(file.getManifest());
        } catch (ZipException e) {
            throw new RefusedException("it is not a whole zip file (" + e.getMessage() + "): copy it again", e);
        } catch (IOException e) {
            throw new RefusedException("it cannot be read (" + e.getMessage() + "): copy it again", e);
        }
    }

    private static void entry(JarFile file, JarEntry entry) throws RefusedException, IOException {
        String name = entry.getName();
        boolean escapes = name.startsWith("/")
                || name.indexOf('\\') >= 0
                || name.indexOf('\0') >= 0
                || Pattern.compile("/").splitAsStream(name).anyMatch(".."::equals);
        if (escapes) {
            throw new RefusedException("its entry '" + name + "' points outside of the jar: build it anew");
        }
        if (!name.endsWith(".class")) {
            return;
        }
        int release = release(name);
        String inRelease = release == 0 ? name : name.substring(name.indexOf('/', VERSIONS.length()) + 1);
        if (inRelease.startsWith(API_PACKAGE)) {
            throw new RefusedException(
                    "it bundles dev.sluice.api: make sluice-plugin-api a dependency of scope" + " 'provided'");
        }
        int running = Runtime.version().feature();
        if (release <= running) {
            int java = classVersion(file, entry) - BEFORE_JAVA_1;
            if (java > running) {
                throw new RefusedException("it needs Java " + java + " (" + name + "), this is Java " + running
                        + ": build it with --release " + running + ", or run a newer Java");
            }
        }
    }

    /** The Java release of a multi-release jar that the entry is for; 0 for all. */
    private static int release(String name) {
        int end = name.indexOf('/', VERSIONS.length());
        if (!name.startsWith(VERSIONS) || end < 0) {
            return 0;
        }
        try {
            return Integer.parseInt(name.substring(VERSIONS.length(), end));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static int classVersion(JarFile file, JarEntry entry) throws IOException, RefusedException {
        try (InputStream in = file.getInputStream(entry);
                DataInputStream data = new DataInputStream(in)) {
            if (data.readInt() == CLASS_MAGIC) {
                data.readUnsignedShort();
                return data.readUnsignedShort();
            }
        } catch (EOFException e) {
            throw new RefusedException("its " + entry.getName() + " is cut short: build it anew", e);
        }
        throw new RefusedException("its " + entry.getName() + " is not a class file: build it anew");
    }

    private static Manifested manifest(@Nullable Manifest manifest) throws RefusedException {
        if (manifest == null) {
            throw new RefusedException("it has no META-INF/MANIFEST.MF, and so no Plugin-Id: build it as a plugin");
        }
        Attributes attributes = manifest.getMainAttributes();
        String id = required(attributes, "Plugin-Id");
        if (!ID.matcher(id).matches()) {
            throw new RefusedException("its Plugin-Id '" + id + "' is not a name of letters, digits, '.', '_' and '-'");
        }
        String version = required(attributes, "Plugin-Version");
        if (!Versions.isVersion(version)) {
            throw new RefusedException("its Plugin-Version '" + version + "' is not a version like 1.4.2");
        }
        String range = required(attributes, "Plugin-Requires");
        try {
            if (!Versions.holdsApi(range)) {
                throw new RefusedException("it needs plugin-api " + range + ", this is " + Versions.API
                        + ": install a build of it for this version");
            }
        } catch (IllegalArgumentException e) {
            throw new RefusedException("its Plugin-Requires " + e.getMessage() + " like >=0.1.0 & <0.2.0", e);
        }
        return new Manifested(id, version, stateVersion(attributes.getValue("State-Version")), range);
    }

    private static String required(Attributes attributes, String name) throws RefusedException {
        String value = attributes.getValue(name);
        if (value == null || value.isBlank()) {
            throw new RefusedException("its manifest has no " + name + ": build it as a plugin");
        }
        return value.trim();
    }

    private static int stateVersion(@Nullable String text) throws RefusedException {
        if (text == null) {
            return 1;
        }
        if (!text.trim().matches("[0-9]{1,9}")) {
            throw new RefusedException("its State-Version '" + text + "' is not a whole number");
        }
        return Integer.parseInt(text.trim());
    }
}
