package dev.sluice.host.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sluice.host.plugin.PluginCatalog.Refused;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PluginLoaderTest {
    private static final String DESCRIPTOR = """
            {"schema": {"type": "object", "properties": {"ttl": {"format": "duration"}}}}
            """;

    private static final LeakWatch LEAKS = new LeakWatch(Duration.ofSeconds(30));

    @TempDir
    Path directory;

    private Path plugins;
    private Path work;

    @BeforeEach
    void directories() throws IOException {
        plugins = Files.createDirectories(directory.resolve("plugins"));
        work = directory.resolve("work");
    }

    private PluginCatalog load(String... trust) {
        return new PluginLoader(work, LEAKS).load(plugins, List.of(trust), List.of());
    }

    private Path jar(TestJar jar) {
        return jar.write(plugins.resolve("x.jar"));
    }

    private String refusal(TestJar jar) {
        jar(jar);
        return refusal();
    }

    private String refusal() {
        PluginCatalog catalog = load();
        assertThat(catalog.generations()).isEmpty();
        assertThat(catalog.refused()).hasSize(1);
        assertThat(catalog.refused().get(0).jar()).isEqualTo("x.jar");
        return catalog.refused().get(0).reason();
    }

    @Test
    void aJarBecomesAGenerationOfItsFilters() throws Exception {
        Path jar = jar(TestJar.of("demo", "1.4.2")
                .filter("demo.Plain", "plain", "")
                .filter("demo.Cache", "cache", "java.time.Duration ttl")
                .descriptor("cache", DESCRIPTOR));

        PluginCatalog catalog = load();

        assertThat(catalog.refused()).isEmpty();
        PluginGeneration generation = catalog.generations().get(0);
        assertThat(generation.id()).isEqualTo("demo");
        assertThat(generation.version()).isEqualTo("1.4.2");
        assertThat(generation.stateVersion()).isEqualTo(3);
        assertThat(generation.apiRange()).isEqualTo(">=0.1.0 & <0.2.0");
        assertThat(generation.jar()).isEqualTo(jar);
        assertThat(generation.sha256()).hasSize(64);
        assertThat(work.resolve(generation.sha256() + ".jar")).hasSameBinaryContentAs(jar);
        assertThat(catalog.filterNames()).containsExactly("cache", "plain");
        InstalledFilter cache = catalog.find("cache", null).orElseThrow();
        assertThat(cache.generation()).isSameAs(generation);
        assertThat(cache.plugin().configType().getSimpleName()).isEqualTo("Config");
        generation.close();
    }

    @Test
    void aMissingDirectoryIsAnEmptyOneAndOtherFilesAreNoJars() throws Exception {
        assertThat(new PluginLoader(work, LEAKS)
                        .load(directory.resolve("none"), List.of(), List.of())
                        .generations())
                .isEmpty();
        Files.writeString(plugins.resolve("README.md"), "");
        Files.writeString(plugins.resolve(".half-copied.jar"), "");
        assertThat(load().refused()).isEmpty();
    }

    @Test
    void aMissingStateVersionIsTheFirst() {
        jar(TestJar.withFilter("demo", "1.0.0", "f").manifest("State-Version", null));
        assertThat(load().generations().get(0).stateVersion()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Plugin-Id       |            | its manifest has no Plugin-Id: build it as a plugin",
                "Plugin-Id       | a/b        | its Plugin-Id 'a/b' is not a name of letters, digits, '.', '_' and '-'",
                "Plugin-Version  |            | its manifest has no Plugin-Version: build it as a plugin",
                "Plugin-Version  | one        | its Plugin-Version 'one' is not a version like 1.4.2",
                "Plugin-Requires |            | its manifest has no Plugin-Requires: build it as a plugin",
                "Plugin-Requires | >=0.2.0    | it needs plugin-api >=0.2.0, this is 0.1.0: install a build of it for this version",
                "Plugin-Requires | what       | its Plugin-Requires 'what' is not a range of versions like >=0.1.0 & <0.2.0",
                "State-Version   | two        | its State-Version 'two' is not a whole number",
            })
    void aWrongManifestIsRefused(String attribute, String value, String message) {
        assertThat(refusal(TestJar.withFilter("demo", "1.0.0", "f").manifest(attribute, value)))
                .isEqualTo(message.replace("''", "'"));
    }

    @Test
    void rangesOfPartialVersionsAreAccepted() {
        jar(TestJar.withFilter("demo", "1.0.0", "f").manifest("Plugin-Requires", ">=0.1 & <0.2"));
        assertThat(load().refused()).isEmpty();
    }

    @Test
    void aJarWithoutAManifestIsRefused() throws Exception {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(plugins.resolve("x.jar")))) {
            zip.putNextEntry(new ZipEntry("readme"));
        }
        assertThat(refusal()).isEqualTo("it has no META-INF/MANIFEST.MF, and so no Plugin-Id: build it as a plugin");
    }

    @Test
    void aJarThatWasCutShortIsRefused() throws Exception {
        Path jar = jar(TestJar.withFilter("demo", "1.0.0", "f"));
        byte[] whole = Files.readAllBytes(jar);
        Files.write(jar, Arrays.copyOf(whole, whole.length - 30));
        assertThat(refusal()).startsWith("it is not a whole zip file (").endsWith("): copy it again");
    }

    @Test
    void anEmptyFileIsRefused() throws Exception {
        Files.createFile(plugins.resolve("x.jar"));
        assertThat(refusal()).isEqualTo("it is not a whole zip file (zip file is empty): copy it again");
    }

    @Test
    void aDirectoryIsRefused() throws Exception {
        Files.createDirectory(plugins.resolve("x.jar"));
        assertThat(refusal()).isEqualTo("it is a directory: put the jar itself here");
    }

    @Test
    void aJarThatAnybodyMayChangeIsRefused() throws Exception {
        Path jar = jar(TestJar.withFilter("demo", "1.0.0", "f"));
        Files.setPosixFilePermissions(jar, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(refusal()).isEqualTo("anybody on this machine may change it: chmod o-w it");
    }

    @Test
    void aJarThatIsTooLargeIsRefusedWithoutBeingCopied() throws Exception {
        try (FileChannel sparse =
                FileChannel.open(plugins.resolve("x.jar"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            sparse.write(ByteBuffer.allocate(1), (2L << 30) - 1);
        }
        assertThat(refusal()).isEqualTo("it is larger than 512 MiB: build it with less in it");
        assertThat(work).doesNotExist();
    }

    @Test
    void aLinkToNothingIsRefused() throws Exception {
        Files.createSymbolicLink(plugins.resolve("x.jar"), Path.of("gone.jar"));
        assertThat(refusal()).isEqualTo("it is a link to what is not there: put the jar itself here, or mend the link");
    }

    @Test
    void aLinkToAJarIsLoaded() throws Exception {
        Path jar = TestJar.withFilter("demo", "1.0.0", "f").write(directory.resolve("elsewhere"));
        Files.createSymbolicLink(plugins.resolve("x.jar"), jar);
        assertThat(load().filterNames()).containsExactly("f");
    }

    @Test
    @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aPipeIsRefusedAndNotWaitedFor() throws Exception {
        try {
            new ProcessBuilder("mkfifo", plugins.resolve("x.jar").toString())
                    .start()
                    .waitFor();
        } catch (IOException e) {
            Assumptions.abort("no mkfifo here");
        }
        assertThat(refusal()).isEqualTo("it is not a plain file: put the jar itself here");
    }

    @Test
    void aJarThatMayNotBeReadIsRefused() throws Exception {
        Path jar = jar(TestJar.withFilter("demo", "1.0.0", "f"));
        Files.setPosixFilePermissions(jar, PosixFilePermissions.fromString("---------"));
        Assumptions.assumeFalse(Files.isReadable(jar), "root may read everything");
        assertThat(refusal()).isEqualTo("it may not be read: check its permissions");
    }

    @Test
    void aJarThatIsGoneWhenItIsItsTurnIsRefused() {
        assertThatThrownBy(() -> new PluginFiles(work).copy(plugins.resolve("x.jar")))
                .isInstanceOf(RefusedException.class)
                .hasMessage("it was taken away while it was read: put it here again, unless that was meant");
    }

    @Test
    void aJarThatFailsWhileItIsReadIsRefusedAndLeavesNothingBehind() throws Exception {
        Path failing = Path.of("/proc/self/mem");
        Assumptions.assumeTrue(Files.isReadable(failing), "no file here that fails to be read");
        Path jar = Files.createSymbolicLink(plugins.resolve("x.jar"), failing);
        String reason = refusal();
        Files.delete(jar);
        assertThat(reason).isEqualTo("it cannot be read (Input/output error): copy it here again");
        assertThat(work).isEmptyDirectory();
    }

    @Test
    void aWorkDirectoryThatCannotBeMadeRefusesTheJar() throws Exception {
        Files.createFile(work);
        assertThat(refusal(TestJar.withFilter("demo", "1.0.0", "f")))
                .isEqualTo("it cannot be copied to " + work + " (there is a file of this name): make that a directory"
                        + " that may be written, free space there, or point java.io.tmpdir elsewhere");
    }

    @Test
    void aWorkDirectoryThatMayNotBeWrittenRefusesTheJar() throws Exception {
        Files.createDirectory(work);
        Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("r-xr-xr-x"));
        Assumptions.assumeFalse(Files.isWritable(work), "root may write everywhere");
        assertThat(refusal(TestJar.withFilter("demo", "1.0.0", "f")))
                .isEqualTo("it cannot be copied to " + work + " (permission denied): make that a directory that may be"
                        + " written, free space there, or point java.io.tmpdir elsewhere");
    }

    @ParameterizedTest
    @CsvSource({"../escaped", "a/../../escaped", "/etc/escaped", "a\\b"})
    void anEntryThatPointsOutsideIsRefused(String name) {
        assertThat(refusal(TestJar.withFilter("demo", "1.0.0", "f").entry(name, new byte[1])))
                .isEqualTo("its entry '" + name + "' points outside of the jar: build it anew");
    }

    @ParameterizedTest
    @CsvSource({"dev/sluice/api/Filter.class", "META-INF/versions/9/dev/sluice/api/Filter.class"})
    void aJarThatBundlesTheApiIsRefused(String name) {
        assertThat(refusal(TestJar.withFilter("demo", "1.0.0", "f").entry(name, new byte[1])))
                .isEqualTo("it bundles dev.sluice.api: make sluice-plugin-api a dependency of scope 'provided'");
    }

    @Test
    void classesForANewerJavaAreRefused() {
        byte[] newer = {(byte) 0xCA, (byte) 0xFE, (byte) 0xBA, (byte) 0xBE, 0, 0, 0, 99};
        int running = Runtime.version().feature();
        assertThat(refusal(TestJar.withFilter("demo", "1.0.0", "f").entry("demo/New.class", newer)))
                .isEqualTo("it needs Java 55 (demo/New.class), this is Java " + running + ": build it with --release "
                        + running + ", or run a newer Java");
    }

    @Test
    void classesForANewerJavaMayStandInTheirOwnDirectory() {
        byte[] newer = {(byte) 0xCA, (byte) 0xFE, (byte) 0xBA, (byte) 0xBE, 0, 0, 0, 99};
        jar(TestJar.withFilter("demo", "1.0.0", "f").entry("META-INF/versions/55/demo/New.class", newer));
        assertThat(load().refused()).isEmpty();
    }

    @Test
    void whatIsNoClassFileIsRefused() {
        assertThat(refusal(TestJar.withFilter("demo", "1.0.0", "f").entry("demo/Short.class", new byte[2])))
                .isEqualTo("its demo/Short.class is cut short: build it anew");
        assertThat(refusal(TestJar.withFilter("demo", "1.0.0", "f").entry("demo/Text.class", new byte[20])))
                .isEqualTo("its demo/Text.class is not a class file: build it anew");
    }

    @Test
    void onlyTrustedSumsAreLoadedWhereAnyAreListed() {
        jar(TestJar.withFilter("demo", "1.0.0", "f"));
        String sum = load().generations().get(0).sha256();

        assertThat(load(sum.toUpperCase(java.util.Locale.ROOT)).refused()).isEmpty();
        assertThat(load("0".repeat(64)).refused())
                .containsExactly(new Refused("x.jar", "its SHA-256 " + sum + " is not listed under plugins.trust"));
    }

    @Test
    void aJarWithoutExtensionsIsRefused() {
        assertThat(refusal(TestJar.of("demo", "1.0.0")))
                .isEqualTo("it has no filters: annotate a FilterPlugin with @Extension, and build it with PF4J's"
                        + " annotation processor");
    }

    @Test
    void anExtensionThatIsMissingIsRefused() {
        assertThat(refusal(TestJar.of("demo", "1.0.0").extension("demo.Gone")))
                .isEqualTo("its extensions.idx names demo.Gone, which it does not hold: build it anew");
    }

    @Test
    void anExtensionThatIsNoFilterIsRefused() {
        assertThat(refusal(TestJar.of("demo", "1.0.0")
                        .source("demo.Other", "package demo; public class Other {}")
                        .extension("demo.Other")))
                .isEqualTo("its extension demo.Other is not a FilterPlugin");
    }

    @Test
    void whateverAPluginThrowsRefusesItsJarAlone() {
        TestJar.withFilter("good", "1.0.0", "good").write(plugins.resolve("good.jar"));
        Map<String, String> members = Map.of(
                "constructor", "public P() { throw new IllegalStateException(\"no\"); }",
                "error", "public P() { throw new StackOverflowError(\"deep\"); }",
                "initialiser", "static { if (true) throw new AssertionError(\"static\"); }",
                "argument", "public P(int i) {}");
        Map<String, String> messages = Map.of(
                "constructor", "its demo.P cannot be made: java.lang.IllegalStateException: no",
                "error", "its demo.P cannot be made: java.lang.StackOverflowError: deep",
                "initialiser", "its demo.P cannot be made: java.lang.AssertionError: static",
                "argument", "its demo.P has no public constructor without parameters");
        members.forEach((name, code) ->
                TestJar.of(name, "1.0.0").filter("demo.P", name, "", code).write(plugins.resolve(name + ".jar")));

        PluginCatalog catalog = load();

        assertThat(catalog.filterNames()).containsExactly("good");
        assertThat(catalog.refused())
                .containsExactlyInAnyOrderElementsOf(messages.entrySet().stream()
                        .map(entry -> new Refused(entry.getKey() + ".jar", entry.getValue()))
                        .toList());
    }

    @Test
    void aNameThatThrowsRefusesTheJar() {
        assertThat(refusal(TestJar.of("demo", "1.0.0").source("demo.P", """
                                package demo;
                                public class P implements dev.sluice.api.FilterPlugin<P.Config> {
                                    public record Config() {}
                                    public String name() { throw new NoClassDefFoundError("gone"); }
                                    public Class<Config> configType() { return Config.class; }
                                    public dev.sluice.api.FilterFactory open(Config c, dev.sluice.api.Scope s) { return null; }
                                }
                                """).extension("demo.P")))
                .isEqualTo("its demo.P failed in name() or configType(): java.lang.NoClassDefFoundError: gone");
    }

    @Test
    void aNameThatCannotBeWrittenInARouteIsRefused() {
        assertThat(refusal(TestJar.withFilter("demo", "1.0.0", "use")))
                .isEqualTo("its demo.P is named 'use': use letters, digits, '.', '_' and '-', and not 'use'");
        assertThat(refusal(TestJar.withFilter("demo", "1.0.0", "a b")))
                .isEqualTo("its demo.P is named 'a b': use letters, digits, '.', '_' and '-', and not 'use'");
    }

    @Test
    void aFilterWithAConfigNeedsADescriptor() {
        assertThat(refusal(TestJar.of("demo", "1.0.0").filter("demo.P", "cache", "int size")))
                .isEqualTo("it has no META-INF/sluice/cache.json: describe the filter's config there");
    }

    @Test
    void twoFiltersOfOneNameInAJarAreRefused() {
        assertThat(refusal(TestJar.of("demo", "1.0.0").filter("demo.P", "f", "").filter("demo.Q", "f", "")))
                .isEqualTo("it has two filters named 'f': rename one");
    }

    @Test
    void twoJarsOfOneIdAndVersionAreBothRefused() {
        TestJar.withFilter("demo", "1.0.0", "f").write(plugins.resolve("a.jar"));
        TestJar.withFilter("demo", "1.0.0", "f").entry("other", new byte[1]).write(plugins.resolve("b.jar"));

        PluginCatalog catalog = load();

        assertThat(catalog.generations()).isEmpty();
        assertThat(catalog.refused())
                .containsExactly(
                        new Refused(
                                "a.jar", "it is demo 1.0.0, and so is b.jar, with other bytes: remove one of the two"),
                        new Refused(
                                "b.jar", "it is demo 1.0.0, and so is a.jar, with other bytes: remove one of the two"));
    }

    @Test
    void theSameBytesUnderTwoNamesAreOneGeneration() throws Exception {
        Path jar = TestJar.withFilter("demo", "1.0.0", "f").write(plugins.resolve("a.jar"));
        Files.copy(jar, plugins.resolve("b.jar"));

        PluginCatalog catalog = load();

        assertThat(catalog.generations()).hasSize(1);
        assertThat(catalog.refused()).isEmpty();
    }

    @Test
    void aFilterNameBelongsToOnePlugin() {
        TestJar.withFilter("one", "1.0.0", "f").write(plugins.resolve("a.jar"));
        TestJar.withFilter("two", "1.0.0", "f").write(plugins.resolve("b.jar"));

        PluginCatalog catalog = load();

        assertThat(catalog.generations()).extracting(PluginGeneration::id).containsExactly("one");
        assertThat(catalog.refused())
                .containsExactly(new Refused(
                        "b.jar", "the filter 'f' already comes from plugin one (a.jar): remove one of the two"));
    }

    @Test
    void anAliasBelongsToOnePlugin() {
        TestJar.withFilter("one", "1.0.0", "f").write(plugins.resolve("a.jar"));
        TestJar.withFilter("two", "1.0.0", "g")
                .descriptor("g", "{\"aliases\": [\"f\"], \"schema\": {\"type\": \"object\"}}")
                .write(plugins.resolve("b.jar"));

        assertThat(load().refused())
                .containsExactly(new Refused(
                        "b.jar", "the filter 'f' already comes from plugin one (a.jar): remove one of the two"));
    }

    @Test
    void theHighestVersionIsFoundUnlessOneIsAskedFor() {
        for (String version : List.of("1.4.0", "1.4.2", "1.10.0", "2.0.0-rc.1")) {
            TestJar.withFilter("demo", version, "f").write(plugins.resolve(version + ".jar"));
        }
        PluginCatalog catalog = load();

        assertThat(catalog.generations())
                .extracting(PluginGeneration::version)
                .containsExactly("1.4.0", "1.4.2", "1.10.0", "2.0.0-rc.1");
        assertThat(version(catalog, null)).isEqualTo("2.0.0-rc.1");
        assertThat(version(catalog, "1")).isEqualTo("1.10.0");
        assertThat(version(catalog, "1.4")).isEqualTo("1.4.2");
        assertThat(version(catalog, "1.4.0")).isEqualTo("1.4.0");
        assertThat(catalog.find("f", "1.1")).isEmpty();
        assertThat(catalog.find("g", null)).isEmpty();
    }

    private static String version(PluginCatalog catalog, String asked) {
        return catalog.find("f", asked).orElseThrow().generation().version();
    }

    @Test
    void aPluginSeesTheApiAndItsOwnLibrariesAndNothingOfTheHost() throws Exception {
        String ours = "package com.google.common.base; public class Strings { public String v() { return \"%s\"; } }";
        jar(TestJar.withFilter("demo", "1.0.0", "f")
                .source("com.google.common.base.Strings", ours.formatted("bundled"))
                .source("org.slf4j.Bundled", "package org.slf4j; public class Bundled {}"));
        ClassLoader loader =
                load().find("f", null).orElseThrow().plugin().getClass().getClassLoader();

        assertThat(loader.loadClass("com.google.common.base.Strings").getClassLoader())
                .isSameAs(loader);
        assertThat(loader.loadClass("com.fasterxml.jackson.databind.JsonNode"))
                .isSameAs(com.fasterxml.jackson.databind.JsonNode.class);
        assertThat(loader.loadClass("dev.sluice.api.Filter")).isSameAs(dev.sluice.api.Filter.class);
        assertThat(loader.loadClass("io.micrometer.core.instrument.Counter"))
                .isSameAs(io.micrometer.core.instrument.Counter.class);
        assertThat(loader.loadClass("org.slf4j.Logger")).isSameAs(org.slf4j.Logger.class);
        assertThat(loader.loadClass("org.w3c.dom.Node")).isSameAs(org.w3c.dom.Node.class);
        assertThat(loader.loadClass("javax.net.ssl.SSLContext")).isSameAs(javax.net.ssl.SSLContext.class);
        for (String hidden : List.of(
                "io.vertx.core.Vertx",
                "io.netty.buffer.ByteBuf",
                "dev.sluice.host.plugin.PluginLoader",
                "com.github.benmanes.caffeine.cache.Cache",
                "com.networknt.schema.Schema",
                "org.slf4j.Bundled")) {
            assertThat(refusesToLoad(loader, hidden)).as(hidden).isTrue();
        }
        assertThat(loader.getResource("dev/sluice/host/config/sluice.schema.json"))
                .isNull();
        assertThat(loader.getResources("META-INF/MANIFEST.MF").nextElement().toString())
                .contains(work.toString());
    }

    private static boolean refusesToLoad(ClassLoader loader, String name) {
        try {
            loader.loadClass(name);
            return false;
        } catch (ClassNotFoundException e) {
            return true;
        }
    }

    @Test
    void aJarThatIsOverwrittenDoesNotReachALoaderThatIsOpen() throws Exception {
        Path jar = jar(TestJar.withFilter("demo", "1.0.0", "f")
                .source("demo.Late", "package demo; public class Late {}")
                .entry("text", "old".getBytes(StandardCharsets.UTF_8)));
        ClassLoader loader =
                load().find("f", null).orElseThrow().plugin().getClass().getClassLoader();

        Files.write(jar, new byte[10]);

        assertThat(loader.loadClass("demo.Late").getClassLoader()).isSameAs(loader);
        try (var in = loader.getResourceAsStream("text")) {
            assertThat(in).hasContent("old");
        }
    }

    @Test
    void aClosedGenerationsLoaderIsCollected() throws Exception {
        jar(TestJar.of("demo", "1.0.0")
                .filter("demo.Cache", "cache", "java.time.Duration ttl")
                .descriptor("cache", DESCRIPTOR));
        isCollected(usedAndClosed());
    }

    @Test
    void aLoaderWhoseClassesJacksonMappedIsCollected() throws Exception {
        jar(TestJar.of("demo", "1.0.0").filter("demo.Cache", "cache", "", """
                record Stored(String key, java.util.List<Stored> more) {}
                static final com.fasterxml.jackson.databind.ObjectMapper JSON =
                        new com.fasterxml.jackson.databind.ObjectMapper();
                public Cache() throws Exception {
                    JSON.readValue(JSON.writeValueAsString(new Stored("a", java.util.List.of())), Stored.class);
                }
                """));
        isCollected(usedAndClosed());
    }

    /** Java 17 starts the thread of timeouts only once, so this tells something where nothing else has used one before. */
    @Test
    void aLoaderWhoseCodeWasFirstToUseATimeoutIsCollected() throws Exception {
        jar(TestJar.of("demo", "1.0.0").filter("demo.Cache", "cache", "", """
                public Cache() {
                    new java.util.concurrent.CompletableFuture<Void>()
                            .completeOnTimeout(null, 1, java.util.concurrent.TimeUnit.MILLISECONDS)
                            .join();
                }
                """));
        isCollected(usedAndClosed());
    }

    private static void isCollected(WeakReference<ClassLoader> loader) {
        Awaitility.await().until(() -> {
            System.gc();
            return loader.get() == null;
        });
    }

    private WeakReference<ClassLoader> usedAndClosed() throws Exception {
        PluginCatalog catalog = load();
        InstalledFilter filter = catalog.find("cache", null).orElseThrow();
        filter.plugin().normalize(JsonNodeFactory.instance.objectNode());
        WeakReference<ClassLoader> loader =
                new WeakReference<>(filter.plugin().getClass().getClassLoader());
        catalog.generations().get(0).close();
        return loader;
    }

    @Test
    void classPathFiltersAndJarsStandSideBySide() {
        TestJar.withFilter("demo", "1.0.0", "f").write(plugins.resolve("a.jar"));
        TestJar.withFilter("other", "1.0.0", "local").write(plugins.resolve("b.jar"));
        PluginCatalog local = PluginCatalog.of(List.of(new LocalFilter()));

        PluginCatalog both = local.with(load());

        assertThat(both.filterNames()).containsExactly("f", "local");
        assertThat(both.find("local", null).orElseThrow().generation().jar()).isNull();
        assertThat(both.refused())
                .containsExactly(new Refused(
                        "b.jar",
                        "the filter 'local' already comes from plugin " + LocalFilter.class.getName() + " ("
                                + LocalFilter.class.getName() + "): remove one of the two"));
    }

    @Test
    void aClassPathFilterWithoutItsDescriptorIsRefused() {
        PluginCatalog catalog = PluginCatalog.of(
                List.of(TestPlugin.of("no-such-descriptor", Sized.class, "{\"schema\": {\"type\": \"object\"}}")));

        assertThat(catalog.refused())
                .containsExactly(new Refused(
                        TestPlugin.class.getName(),
                        "it has no META-INF/sluice/no-such-descriptor.json: describe the filter's config there"));
    }

    record Sized(int size) {}

    record Nothing() {}

    /** A filter on the class path without any config. */
    static final class LocalFilter implements dev.sluice.api.FilterPlugin<Nothing> {
        @Override
        public String name() {
            return "local";
        }

        @Override
        public Class<Nothing> configType() {
            return Nothing.class;
        }

        @Override
        public dev.sluice.api.FilterFactory open(Nothing config, dev.sluice.api.Scope scope) {
            return exchange -> dev.sluice.api.Filter.PASS;
        }
    }
}
