package dev.sluice.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Events;
import dev.sluice.api.Filter;
import dev.sluice.api.Recovery;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHooks;
import dev.sluice.api.Step;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The documents say what is. */
class DocumentsTest {
    private static final String SCHEMA = "/dev/sluice/host/config/sluice.schema.json";
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([^`]+)` \\|([^|]*)\\|");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]*)(#[^)\\s]*)?\\)");
    private static final Pattern CODE =
            Pattern.compile("\\b(?:fail|refuse|Reply\\.error)\\(\\s*[0-9]{3},\\s*\"([a-z_]+)\"");
    private static final Pattern MACHINE = Pattern.compile("(?<![\\w.~])/(?:home|root|Users|work|usr/lib/jvm)/");
    /** What an entry of a filter list may say is read by the host itself, not by the schema. */
    private static final Set<String> ENTRY_KEYS = Set.of("use", "config", "version", "onError");

    private static String read(String file) throws IOException {
        return Files.readString(Distribution.file(file));
    }

    private static String sample(String module, String type) throws IOException {
        String source = read("samples/" + module + "/src/main/java/com/example/" + type + ".java");
        return source.substring(source.indexOf("@Extension")).strip();
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "docs/writing-a-plugin.md"})
    void theFirstPluginIsTheSample(String document) throws IOException {
        assertThat(read(document)).contains("```java\n" + sample("add-header", "AddHeader") + "\n```");
    }

    @Test
    void theStreamPluginIsTheSample() throws IOException {
        String source = sample("rewrite-text", "RewriteText");
        String shown = source.substring(source.indexOf("    @Override public FilterFactory"), source.lastIndexOf('}'));

        assertThat(read("docs/writing-a-plugin.md"))
                .contains("```java\n" + shown.stripTrailing().stripIndent() + "\n```");
    }

    @Test
    void everyHookAndVerdictIsNamed() throws IOException {
        Stream<Method> hooks = Stream.of(Filter.class, AttemptFilter.class, ResponseHooks.class)
                .flatMap(DocumentsTest::methods);
        Stream<Method> verdicts = Stream.of(Step.class, Events.class, Recovery.class, Reply.class)
                .flatMap(DocumentsTest::methods)
                .filter(method -> Modifier.isStatic(method.getModifiers()));
        List<String> names =
                Stream.concat(hooks, verdicts).map(Method::getName).distinct().toList();

        assertThat(names).contains("onEvent", "onSend", "meanwhile", "resume", "chat");
        String document = read("docs/writing-a-plugin.md");
        assertThat(names).allSatisfy(name -> assertThat(document).containsPattern("\\b" + name + "\\b"));
    }

    private static Stream<Method> methods(Class<?> type) {
        return Stream.of(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic());
    }

    @Test
    void everyKeyOfTheConfigIsDescribedWithItsDefault() throws IOException {
        Map<String, String> described = ROW.matcher(read("docs/configuration.md"))
                .results()
                .filter(row -> !row.group(1).startsWith("/"))
                .collect(Collectors.toMap(
                        row -> row.group(1), row -> row.group(2).strip(), (a, b) -> a));
        Map<String, String> keys = keys();

        assertThat(keys).containsKeys("listen.limits.depth", "routes[].match.path", "providers.*.tls.ca");
        assertThat(described).containsKeys(keys.keySet().toArray(String[]::new));
        keys.forEach((key, expected) -> {
            if (!expected.isEmpty()) {
                assertThat(described.get(key)).as(key).isEqualTo(expected);
            }
        });
        Predicate<String> isKey = keys::containsKey;
        assertThat(described.keySet())
                .filteredOn(row -> row.matches("(listen|admin|plugins|state|drain|providers|routes|consumers)\\b.*")
                        || row.contains("[]"))
                .allMatch(isKey);
        assertThat(described.keySet()).containsAll(ENTRY_KEYS);
    }

    /** Every key of sluice.yaml, and its default as the document would spell it; empty: not for the schema to say. */
    private static Map<String, String> keys() throws IOException {
        try (InputStream in = DocumentsTest.class.getResourceAsStream(SCHEMA)) {
            JsonNode schema = new ObjectMapper().readTree(in);
            Map<String, String> keys = new LinkedHashMap<>();
            collect(schema, schema, "", keys);
            collect(schema.at("/$defs/provider"), schema, "providers.*.", keys);
            return keys;
        }
    }

    private static void collect(JsonNode object, JsonNode schema, String prefix, Map<String, String> keys) {
        Set<String> required = new TreeSet<>();
        object.path("required").forEach(key -> required.add(key.asText()));
        object.path("properties").properties().forEach(property -> {
            JsonNode says = property.getValue().has("$ref")
                    ? schema.at(property.getValue().path("$ref").asText().substring(1))
                    : property.getValue();
            String path = prefix + property.getKey();
            keys.put(path, required.contains(property.getKey()) ? "required" : standard(says));
            collect(says, schema, path + ".", keys);
            collect(says.path("items"), schema, path + "[].", keys);
        });
    }

    private static String standard(JsonNode says) {
        JsonNode value = says.path("default");
        boolean spelled = value.isValueNode() || (value.isContainerNode() && value.isEmpty());
        return spelled ? "`" + (value.isTextual() ? value.asText() : value.toString()) + "`" : "";
    }

    @Test
    void everyErrorCodeIsDescribed() throws IOException {
        Set<String> codes = new TreeSet<>();
        for (Path file : files(Distribution.file("."), ".java")) {
            if (file.toString().contains("src/main")) {
                CODE.matcher(Files.readString(file)).results().forEach(code -> codes.add(code.group(1)));
            }
        }

        assertThat(codes).contains("no_route", "bad_request", "overloaded", "filter_failed", "upstream_timeout");
        String document = read("docs/errors.md");
        assertThat(codes).allSatisfy(code -> assertThat(document).contains("| `" + code + "`"));
    }

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        List<String> dead = new ArrayList<>();
        int links = 0;
        for (Path document : files(Distribution.file("."), ".md")) {
            for (MatchResult link :
                    LINK.matcher(Files.readString(document)).results().toList()) {
                links++;
                if (!leadsSomewhere(document, link.group(1), link.group(2))) {
                    dead.add(document + ": " + link.group());
                }
            }
        }

        assertThat(links).isGreaterThan(20);
        assertThat(dead).isEmpty();
    }

    private static boolean leadsSomewhere(Path document, String file, String anchor) throws IOException {
        if (file.contains("://")) {
            return true;
        }
        Path target = file.isEmpty() ? document : document.resolveSibling(file);
        if (anchor == null || !Files.exists(target)) {
            return Files.exists(target);
        }
        return Files.readString(target)
                .lines()
                .filter(line -> line.startsWith("#"))
                .map(DocumentsTest::anchor)
                .anyMatch(anchor::equals);
    }

    private static String anchor(String heading) {
        return "#"
                + heading.replaceFirst("^#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\w\\- ]", "")
                        .replace(' ', '-');
    }

    @Test
    void noFileSpeaksOfSomebodysMachine() throws IOException {
        List<Path> files = files(Distribution.file("."), "");

        assertThat(files).hasSizeGreaterThan(100);
        assertThat(files).noneMatch(file -> {
            try {
                return MACHINE.matcher(Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1))
                        .find();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** The files of the repository; what was built is none. */
    private static List<Path> files(Path root, String ending) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                Path name = directory.getFileName();
                return name != null && Set.of("target", ".git", ".idea").contains(name.toString())
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(ending) && !file.endsWith(".git")) {
                    files.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return files;
    }
}
