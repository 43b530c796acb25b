package dev.sluice.host.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts values in the place of <code>${env:NAME}</code>, <code>${env:NAME:-default}</code> and <code>${file:PATH}</code>;
 * any other <code>${…}</code> is literal text. What is put in is never looked at again.
 */
final class Placeholders {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{(env|file):([^}]*)}");
    private static final Pattern VARIABLE = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", Pattern.DOTALL);
    private static final long MAX_FILE_BYTES = 1 << 20;

    private final UnaryOperator<@Nullable String> environment;
    private final Set<Path> files;

    /**
     * Resolves against these variables.
     *
     * @param environment returns null for a variable that is not set
     * @param files takes the absolute path of each file that is looked at
     */
    Placeholders(UnaryOperator<@Nullable String> environment, Set<Path> files) {
        this.environment = environment;
        this.files = files;
    }

    /** Whether the text holds a placeholder. */
    static boolean in(String text) {
        return text.contains("${") && PLACEHOLDER.matcher(text).find();
    }

    /** The text with everything masked that is neither a placeholder nor its name: a secret, as it may be shown. */
    static String masked(String text) {
        StringBuilder shown = new StringBuilder();
        Matcher placeholder = PLACEHOLDER.matcher(text);
        int end = 0;
        while (placeholder.find()) {
            shown.append(placeholder.start() > end ? "****" : "");
            int fallback =
                    placeholder.group(1).equals("env") ? placeholder.group().indexOf(":-") : -1;
            shown.append(
                    fallback < 0 ? placeholder.group() : placeholder.group().substring(0, fallback) + ":-****}");
            end = placeholder.end();
        }
        return shown.append(end < text.length() ? "****" : "").toString();
    }

    /**
     * The text with its placeholders resolved; one that cannot be stays out, and is reported.
     *
     * @param base the directory to which paths are relative
     */
    String resolve(String text, Path base, Consumer<String> problems) {
        Matcher placeholder = PLACEHOLDER.matcher(text);
        return placeholder.replaceAll(found -> Matcher.quoteReplacement(
                found.group(1).equals("env")
                        ? variable(found.group(2), problems)
                        : file(found.group(2), base, problems)));
    }

    private String variable(String reference, Consumer<String> problems) {
        Matcher variable = VARIABLE.matcher(reference);
        if (!variable.matches()) {
            problems.accept("'${env:" + reference + "}' names no environment variable: write ${env:NAME} or"
                    + " ${env:NAME:-default}");
            return "";
        }
        String name = variable.group(1);
        String fallback = variable.group(2);
        String value = environment.apply(name);
        if (fallback != null) {
            return value == null || value.isEmpty() ? fallback : value;
        }
        if (value == null) {
            problems.accept(
                    "the environment variable " + name + " is not set: set it, or write ${env:" + name + ":-default}");
            return "";
        }
        return value;
    }

    private String file(String name, Path base, Consumer<String> problems) {
        try {
            Path file = base.resolve(name);
            files.add(file.toAbsolutePath());
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                problems.accept("${file:" + name + "} is not a plain file");
                return "";
            }
            if (Files.size(file) > MAX_FILE_BYTES) {
                problems.accept("the file of ${file:" + name + "} is larger than 1 MiB");
                return "";
            }
            String text = Files.readString(file, StandardCharsets.UTF_8);
            return text.endsWith("\r\n")
                    ? text.substring(0, text.length() - 2)
                    : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        } catch (NoSuchFileException e) {
            problems.accept("the file of ${file:" + name + "} does not exist: create " + e.getFile());
        } catch (CharacterCodingException e) {
            problems.accept("the file of ${file:" + name + "} is not UTF-8 text");
        } catch (IOException e) {
            problems.accept("the file of ${file:" + name + "} cannot be read: check its permissions");
        } catch (InvalidPathException e) {
            problems.accept("'${file:" + name + "}' is not a path");
        }
        return "";
    }
}
