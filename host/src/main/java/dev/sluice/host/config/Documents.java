package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads a config's file and the ones it includes, and merges them into one document. */
final class Documents {
    private static final Set<String> APPENDED = Set.of("routes", "filters", "consumers");
    private static final String MERGED = "providers";
    private static final String INCLUDE = "include";
    private static final long MAX_BYTES = 3 << 20;

    private final Placeholders placeholders;
    private final List<Problem> problems;
    private final Set<Path> files;

    /**
     * A reader.
     *
     * @param files takes the absolute path of each file that is looked at
     */
    Documents(Placeholders placeholders, List<Problem> problems, Set<Path> files) {
        this.placeholders = placeholders;
        this.problems = problems;
        this.files = files;
    }

    /** The file with all that it includes; null if it could not be read, the problems say why. */
    @Nullable
    Document read(Path file) {
        Document main = readOne(file, new Problem(file.toString(), 0, 0, "", ""));
        if (main == null) {
            return null;
        }
        includes(main).forEach((path, name) -> include(main, file, path, name));
        return main;
    }

    private static Map<String, String> includes(Document main) {
        Map<String, String> files = new LinkedHashMap<>();
        if (main.tree().get(INCLUDE) instanceof ArrayNode list) {
            for (int i = 0; i < list.size(); i++) {
                if (list.get(i).isTextual()) {
                    files.put(INCLUDE + '[' + i + ']', list.get(i).textValue());
                }
            }
        }
        return files;
    }

    private void include(Document main, Path mainFile, String path, String name) {
        Path file;
        try {
            file = mainFile.resolveSibling(name);
        } catch (InvalidPathException e) {
            problems.add(main.places().problem(path, "'" + name + "' is not a path"));
            return;
        }
        if (file.normalize().equals(mainFile.normalize())) {
            problems.add(main.places().problem(path, "the file includes itself: remove this line"));
            return;
        }
        Document included = readOne(file, main.places().problem(path, ""));
        if (included == null) {
            return;
        }
        if (included.tree().remove(INCLUDE) != null) {
            problems.add(included.places()
                    .keyProblem(INCLUDE, "an included file cannot include others: list them in " + mainFile));
        }
        included.tree().fieldNames().forEachRemaining(key -> merge(main, included, key));
    }

    private void merge(Document main, Document included, String key) {
        JsonNode here = main.tree().get(key);
        JsonNode there = included.tree().get(key);
        if (here == null || here.isNull()) {
            take(main, included, key);
        } else if (APPENDED.contains(key) && here instanceof ArrayNode && there instanceof ArrayNode) {
            append(main, included, key);
        } else if (MERGED.equals(key) && here instanceof ObjectNode && there instanceof ObjectNode) {
            there.fieldNames().forEachRemaining(name -> mergeProvider(main, included, name));
        } else if (!there.isNull()) {
            problems.add(alreadySet(main, included, key));
        }
    }

    private static void take(Document main, Document included, String key) {
        main.tree().set(key, included.tree().get(key));
        main.written().set(key, included.written().get(key));
        main.places().graft(included.places(), key, key);
    }

    private static void append(Document main, Document included, String key) {
        ArrayNode resolved = (ArrayNode) main.tree().get(key);
        ArrayNode more = (ArrayNode) included.tree().get(key);
        for (int i = 0; i < more.size(); i++) {
            main.places().graft(included.places(), key + '[' + i + ']', key + '[' + resolved.size() + ']');
            resolved.add(more.get(i));
        }
        ((ArrayNode) main.written().get(key))
                .addAll((ArrayNode) included.written().get(key));
    }

    private void mergeProvider(Document main, Document included, String name) {
        String path = MERGED + '.' + name;
        if (main.tree().get(MERGED).has(name)) {
            problems.add(alreadySet(main, included, path));
            return;
        }
        ((ObjectNode) main.tree().get(MERGED))
                .set(name, included.tree().get(MERGED).get(name));
        ((ObjectNode) main.written().get(MERGED))
                .set(name, included.written().get(MERGED).get(name));
        main.places().graft(included.places(), path, path);
    }

    private static Problem alreadySet(Document main, Document included, String path) {
        Problem before = main.places().keyProblem(path, "");
        return included.places()
                .keyProblem(path, "already set in " + before.file() + ", line " + before.line() + ": keep one");
    }

    private @Nullable Document readOne(Path file, Problem at) {
        files.add(file.toAbsolutePath());
        String text = text(file, at);
        return text == null
                ? null
                : YamlFile.read(
                        file.toString(),
                        file.toAbsolutePath().resolveSibling(""),
                        text.startsWith("\uFEFF") ? text.substring(1) : text,
                        placeholders,
                        problems);
    }

    private @Nullable String text(Path file, Problem at) {
        try {
            if (Files.isDirectory(file)) {
                problems.add(because(at, file + " is a directory: name a file"));
                return null;
            }
            if (Files.size(file) > MAX_BYTES) {
                problems.add(because(at, file + " is larger than 3 MiB: split it, and list the parts under 'include'"));
                return null;
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
                    .toString();
        } catch (NoSuchFileException e) {
            problems.add(because(at, "there is no file " + file + ": create it, or name another"));
        } catch (CharacterCodingException e) {
            problems.add(because(at, file + " is not UTF-8 text: save it as UTF-8"));
        } catch (AccessDeniedException e) {
            problems.add(because(at, file + " may not be read: check its permissions"));
        } catch (IOException e) {
            problems.add(because(at, file + " cannot be read: " + e.getMessage()));
        }
        return null;
    }

    private static Problem because(Problem at, String message) {
        return new Problem(at.file(), at.line(), at.column(), at.path(), message);
    }
}
