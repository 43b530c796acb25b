package dev.sluice.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The API stays small, and knows neither the server nor more of PF4J than its marker. */
class PublicTypesTest {

    @Test
    void topLevelPublicTypesStayBelowFortyFive() throws Exception {
        Path classes = Path.of(
                Filter.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<String> names = files(classes, ".class").stream()
                .map(file ->
                        classes.relativize(file).toString().replace('/', '.').replace(".class", ""))
                .filter(name -> !name.contains("$") && !name.endsWith("package-info"))
                .filter(PublicTypesTest::isPublic)
                .toList();
        assertThat(names)
                .contains("dev.sluice.api.Filter", "dev.sluice.api.llm.Chats")
                .hasSizeLessThan(45);
    }

    private static boolean isPublic(String name) {
        try {
            return Modifier.isPublic(
                    Class.forName(name, false, Filter.class.getClassLoader()).getModifiers());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(name, e);
        }
    }

    @Test
    void sourcesKnowNoVertxAndOfPf4jOnlyTheMarker() throws Exception {
        List<Path> sources = files(module().resolve("src/main/java"), ".java");
        assertThat(sources).hasSizeGreaterThan(36);
        for (Path source : sources) {
            List<String> foreign = Files.readAllLines(source).stream()
                    .filter(line -> line.contains("io.vertx") || line.contains("org.pf4j"))
                    .filter(line -> !line.equals("import org.pf4j.ExtensionPoint;"))
                    .toList();
            assertThat(foreign).as(source.toString()).isEmpty();
        }
    }

    private static Path module() throws URISyntaxException {
        Path at = Path.of(PublicTypesTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        return at.getParent().getParent();
    }

    private static List<Path> files(Path root, String ending) {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(file -> file.toString().endsWith(ending)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
