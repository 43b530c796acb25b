package dev.sluice.host;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileWatchTest {
    private static final FileTime OLD = FileTime.fromMillis(1_000_000_000_000L);

    @TempDir
    Path directory;

    private final FileWatch watch = new FileWatch();
    private Path config;
    private Path plugins;

    @BeforeEach
    void paths() throws IOException {
        config = write("sluice.yaml", "routes: []");
        plugins = Files.createDirectory(directory.resolve("plugins"));
    }

    /** With a time so old that no later write can have the same. */
    private Path write(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.setLastModifiedTime(Files.writeString(file, text), OLD);
    }

    /** As kubectl and editors put files in place. */
    private static void linkOver(Path link, String target) throws IOException {
        Path fresh = Files.createSymbolicLink(link.resolveSibling(link.getFileName() + "_tmp"), Path.of(target));
        Files.move(fresh, link, ATOMIC_MOVE);
    }

    private void assertNothing() {
        for (int i = 0; i < 5; i++) {
            assertThat(watch.look()).isFalse();
        }
    }

    private void assertOneChange() {
        assertThat(watch.look()).as("not still yet").isFalse();
        assertThat(watch.look()).as("still").isTrue();
        assertNothing();
    }

    @Test
    void whatDoesNotChangeIsNotReported() throws IOException {
        write("plugins/a.jar", "a");
        watch.watch(Set.of(config, directory.resolve("none")), Set.of(plugins, directory.resolve("no-directory")));
        assertNothing();
        Files.readString(config);
        assertNothing();
    }

    @Test
    void anEdit() throws IOException {
        watch.watch(Set.of(config), Set.of());
        Files.writeString(config, "routes: [{}]");
        assertOneChange();
    }

    @Test
    void aFileThatIsOverwrittenInPlaceWithAsManyBytes() throws IOException {
        watch.watch(Set.of(config), Set.of());
        Files.writeString(config, "routes: {}");
        assertOneChange();
    }

    @Test
    void aFileThatIsRenamedOverIt() throws IOException {
        Path other = write("new", "routes: {}");
        watch.watch(Set.of(config), Set.of());
        Files.move(other, config, ATOMIC_MOVE);
        assertThat(Files.getLastModifiedTime(config)).isEqualTo(OLD);
        assertOneChange();
    }

    @Test
    void aTouchIsAChangeThoughTheBytesAreTheSame() throws IOException {
        watch.watch(Set.of(config), Set.of());
        Files.setLastModifiedTime(config, FileTime.fromMillis(OLD.toMillis() + 1));
        assertOneChange();
    }

    @Test
    void permissionsAreAChangeSinceAFileMayHaveBeenRefusedForThem() throws IOException {
        Path jar = write("plugins/a.jar", "a");
        Files.setPosixFilePermissions(jar, PosixFilePermissions.fromString("rw-rw-rw-"));
        watch.watch(Set.of(), Set.of(plugins));
        Files.setPosixFilePermissions(jar, PosixFilePermissions.fromString("rw-r--r--"));
        assertOneChange();
    }

    @Test
    void aFileThatWasRenamedThereAndBack() throws IOException {
        FileTime made = (FileTime) Files.getAttribute(config, "unix:ctime");
        watch.watch(Set.of(config), Set.of());
        Awaitility.await("the file system's clock").until(() -> {
            Path probe = Files.writeString(directory.resolve("probe"), "");
            return Files.getLastModifiedTime(probe).compareTo(made) > 0;
        });
        Path aside = directory.resolve("aside");
        Files.move(config, aside);
        Files.move(aside, config);
        assertOneChange();
    }

    @Test
    void aFileThatGoesAndOneThatComes() throws IOException {
        Path late = directory.resolve("deep/late.yaml");
        watch.watch(Set.of(config, late), Set.of());
        Files.delete(config);
        assertOneChange();
        write("deep/late.yaml", "late");
        assertOneChange();
        write("sluice.yaml", "routes: []");
        assertOneChange();
    }

    @Test
    void aFileWhoseDirectoryIsAFile() throws IOException {
        watch.watch(Set.of(config.resolve("below")), Set.of(config));
        assertNothing();
        Files.delete(config);
        assertOneChange();
    }

    @Test
    void aLinkThatLeadsInACircle() throws IOException {
        Path circle = Files.createSymbolicLink(directory.resolve("circle.jar"), Path.of("circle.jar"));
        watch.watch(Set.of(circle), Set.of(circle, directory));
        assertNothing();
        Files.delete(circle);
        assertOneChange();
    }

    @Test
    void aFileThatIsWrittenSlowlyIsReportedOnceItIsStill() throws IOException {
        watch.watch(Set.of(config), Set.of());
        for (int i = 0; i < 5; i++) {
            Files.writeString(config, "more", StandardOpenOption.APPEND);
            assertThat(watch.look()).isFalse();
        }
        assertThat(watch.look()).isTrue();
        assertNothing();
    }

    @Test
    void whatIsUndoneBeforeItWasStillIsReportedAllTheSame() throws IOException {
        watch.watch(Set.of(config), Set.of());
        Files.writeString(config, "routes: [{}]");
        assertThat(watch.look()).isFalse();
        Files.writeString(config, "routes: []");
        assertOneChange();
    }

    @Test
    void aFileThatWasThereForOneLookIsReportedSinceItMayHaveBeenRead() throws IOException {
        Path brief = directory.resolve("brief.yaml");
        watch.watch(Set.of(brief), Set.of());
        Files.writeString(brief, "brief");
        assertThat(watch.look()).isFalse();
        Files.delete(brief);
        assertOneChange();
    }

    @Test
    void aVolumeOfKubernetesWhoseLinkIsSwapped() throws IOException {
        write("volume/..2026_1/sluice.yaml", "one");
        write("volume/..2026_2/sluice.yaml", "two");
        write("volume/..2026_1/a.jar", "one");
        write("volume/..2026_2/a.jar", "two");
        Path volume = directory.resolve("volume");
        linkOver(volume.resolve("..data"), "..2026_1");
        linkOver(volume.resolve("sluice.yaml"), "..data/sluice.yaml");
        linkOver(volume.resolve("a.jar"), "..data/a.jar");
        FileWatch jars = new FileWatch();
        watch.watch(Set.of(volume.resolve("sluice.yaml")), Set.of());
        jars.watch(Set.of(), Set.of(volume));
        assertNothing();

        linkOver(volume.resolve("..data"), "..2026_2");

        assertOneChange();
        assertThat(jars.look()).isFalse();
        assertThat(jars.look()).isTrue();
    }

    @Test
    void aSecretThatIsReplacedThroughItsLink() throws IOException {
        write("secrets/1/key", "same");
        write("secrets/2/key", "same");
        Path key = directory.resolve("key");
        linkOver(key, "secrets/1/key");
        watch.watch(Set.of(key), Set.of());

        linkOver(key, "secrets/2/key");
        assertOneChange();
        Files.writeString(directory.resolve("secrets/2/key"), "diff");
        assertOneChange();
        Files.delete(directory.resolve("secrets/2/key"));
        assertOneChange();
    }

    @Test
    void jarsThatComeChangeAndGo() throws IOException {
        watch.watch(Set.of(), Set.of(plugins));
        Path jar = write("plugins/a.jar", "a");
        assertOneChange();
        Files.writeString(jar, "b");
        assertOneChange();
        Files.move(jar, plugins.resolve("b.jar"));
        assertOneChange();
        Files.delete(plugins.resolve("b.jar"));
        assertOneChange();
        Files.createDirectory(plugins.resolve("directory.jar"));
        assertOneChange();
    }

    @ParameterizedTest
    @ValueSource(strings = {"plugins/README.md", "plugins/.copying.jar", "plugins/below/a.jar", "plugins/a.jar.part"})
    void whatIsNoJarOfTheDirectory(String name) throws IOException {
        watch.watch(Set.of(), Set.of(plugins));
        write(name, "other");
        assertNothing();
    }

    @Test
    void aDirectoryThatGoesAndComesBack() throws IOException {
        watch.watch(Set.of(), Set.of(plugins));
        Files.delete(plugins);
        assertOneChange();
        Files.createDirectory(plugins);
        assertOneChange();
    }

    @Test
    void aDirectoryThatMayNotBeListed() throws IOException {
        write("plugins/a.jar", "a");
        watch.watch(Set.of(plugins.resolve("a.jar")), Set.of(plugins));
        Files.setPosixFilePermissions(plugins, PosixFilePermissions.fromString("---------"));
        try {
            Assumptions.assumeFalse(Files.isReadable(plugins), "root may list everything");
            assertOneChange();
        } finally {
            Files.setPosixFilePermissions(plugins, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        assertOneChange();
    }

    @Test
    void aChangeDuringTheReadingIsSeenByALaterLook() throws IOException {
        watch.watch(Set.of(config), Set.of());
        Files.writeString(config, "routes: [1]");
        assertThat(watch.look()).isFalse();
        assertThat(watch.look()).isTrue();

        Files.writeString(config, "routes: [1, 2]");
        assertThat(watch.watch(Set.of(config), Set.of())).isFalse();

        assertOneChange();
    }

    @Test
    void aChangeBetweenReadingAndWatchingIsReadSinceWatchSaysToReadAgain() throws IOException {
        Path included = write("team.yaml", "old");
        assertThat(watch.watch(Set.of(config), Set.of())).isTrue();
        String read = Files.readString(included);
        Files.writeString(included, "new");

        assertThat(watch.watch(Set.of(config, included), Set.of())).isTrue();
        read = Files.readString(included);
        assertThat(watch.watch(Set.of(config, included), Set.of())).isFalse();

        assertThat(read).isEqualTo("new");
        assertNothing();
    }

    @Test
    void watchingAnewKeepsAChangeThatNoLookHasReported() throws IOException {
        Path other = write("other.yaml", "other");
        watch.watch(Set.of(config), Set.of());
        Files.writeString(config, "routes: [1]");
        assertThat(watch.watch(Set.of(config), Set.of())).isFalse();
        assertThat(watch.look()).isFalse();
        assertThat(watch.watch(Set.of(config, other), Set.of(plugins))).isTrue();
        assertThat(watch.look()).isTrue();
        assertNothing();
    }

    @Test
    void whatIsNoLongerWatchedIsNotReported() throws IOException {
        Path other = write("other.yaml", "other");
        watch.watch(Set.of(config, other), Set.of(plugins));
        assertThat(watch.watch(Set.of(config), Set.of())).isFalse();
        Files.writeString(other, "changed");
        write("plugins/a.jar", "a");
        assertNothing();
        assertThat(watch.watch(Set.of(config), Set.of(plugins)))
                .as("watched anew")
                .isTrue();
        assertNothing();
    }

    /** A reader that keeps to the protocol, and a world that changes at any moment, also while it reads. */
    @Test
    void whateverHappensWhenTheReaderEndsUpWithWhatIsThere() throws IOException {
        for (int seed = 0; seed < 200; seed++) {
            World world = new World(Files.createDirectory(directory.resolve("world" + seed)), new Random(seed));
            Files.writeString(world.main(), "4");
            Reader reader = new Reader(world);
            reader.read();
            for (int i = 0; i < seed % 10; i++) {
                world.mayChange();
                reader.look();
            }
            world.quiet = true;
            // One to see the last change, one to see it still.
            reader.look();
            reader.look();
            assertThat(reader.look()).isFalse();
            assertThat(reader.last).as("seed %d", seed).isEqualTo(world.read());
        }
    }

    /** A main file that says how many others there are. No two writes are of the same size. */
    private static final class World {
        private final Path base;
        private final Random random;
        private final Set<Path> seen = new HashSet<>();
        private int writes;
        private boolean quiet;

        World(Path base, Random random) {
            this.base = base;
            this.random = random;
        }

        Path main() {
            return base.resolve("main");
        }

        void mayChange() {
            if (quiet || random.nextInt(4) > 0) {
                return;
            }
            Path file = random.nextInt(3) == 0 ? main() : base.resolve("file" + random.nextInt(4));
            String text = random.nextInt(5) + " ".repeat(++writes);
            try {
                switch (random.nextInt(3)) {
                    case 0 -> {
                        if (seen.contains(file)) {
                            Files.deleteIfExists(file);
                        }
                    }
                    case 1 -> Files.move(Files.writeString(base.resolve("fresh"), text), file, ATOMIC_MOVE);
                    default -> Files.writeString(file, text);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** No look can tell of a file that was there between two of them: only what one has seen goes. */
        void seen() {
            for (Path file : List.of(main(), base.resolve("file0"), base.resolve("file1"), base.resolve("file2"))) {
                if (Files.exists(file)) {
                    seen.add(file);
                } else {
                    seen.remove(file);
                }
            }
        }

        Map<Path, String> read() {
            Map<Path, String> texts = new HashMap<>();
            String main = read(main());
            texts.put(main(), main);
            int files = main.isBlank() ? 0 : Integer.parseInt(main.strip());
            for (int i = 0; i < files; i++) {
                texts.put(base.resolve("file" + i), read(base.resolve("file" + i)));
            }
            return texts;
        }

        private String read(Path file) {
            mayChange();
            try {
                return Files.readString(file);
            } catch (NoSuchFileException e) {
                return "";
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                mayChange();
            }
        }
    }

    private static final class Reader {
        private final FileWatch watch = new FileWatch();
        private final World world;
        private Map<Path, String> last = Map.of();

        Reader(World world) {
            this.world = world;
            watch.watch(Set.of(world.main()), Set.of());
        }

        void read() {
            do {
                last = world.read();
                world.mayChange();
            } while (watch.watch(new LinkedHashSet<>(last.keySet()), Set.of()));
        }

        boolean look() {
            boolean changed = watch.look();
            world.seen();
            if (changed) {
                read();
            }
            return changed;
        }
    }
}
