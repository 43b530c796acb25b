package dev.sluice.host.route;

import dev.sluice.api.Dialect;
import dev.sluice.api.Operation;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The dialect and operation that a path stands for, recognised by its suffix, whatever prefix is before it.
 *
 * @param model the model, decoded, where the dialect states it in the path; else null
 * @param streams whether the dialect asks for a stream by path; where it does so in the body: false
 */
public record RecognizedPath(
        Dialect dialect, Operation operation, @Nullable String model, boolean streams) {

    private record Suffix(String path, RecognizedPath meaning) {}

    private static final RecognizedPath NONE = new RecognizedPath(Dialect.NONE, Operation.OTHER, null, false);

    private static final List<Suffix> SUFFIXES = List.of(
            suffix("/chat/completions", Dialect.OPENAI, Operation.CHAT),
            suffix("/v1/messages", Dialect.ANTHROPIC, Operation.CHAT),
            suffix("/v1/messages/count_tokens", Dialect.ANTHROPIC, Operation.COUNT_TOKENS),
            suffix("/v1/responses", Dialect.OPENAI_RESPONSES, Operation.CHAT),
            suffix("/v1/completions", Dialect.OPENAI_COMPLETIONS, Operation.CHAT),
            suffix("/v1/embeddings", Dialect.OPENAI, Operation.EMBEDDINGS),
            suffix("/v1/images/generations", Dialect.OPENAI, Operation.IMAGES),
            suffix("/v1/images/edits", Dialect.OPENAI, Operation.IMAGES),
            suffix("/v1/images/variations", Dialect.OPENAI, Operation.IMAGES),
            suffix("/v1/audio/speech", Dialect.OPENAI, Operation.AUDIO),
            suffix("/v1/audio/transcriptions", Dialect.OPENAI, Operation.AUDIO),
            suffix("/v1/audio/translations", Dialect.OPENAI, Operation.AUDIO),
            suffix("/v1/moderations", Dialect.OPENAI, Operation.MODERATIONS),
            suffix("/v1/rerank", Dialect.OPENAI, Operation.RERANK),
            suffix("/v1/models", Dialect.OPENAI, Operation.MODELS),
            suffix("/v2/chat", Dialect.COHERE, Operation.CHAT));

    private static final List<Suffix> COLLECTIONS = List.of(
            suffix("/v1/models/", Dialect.OPENAI, Operation.MODELS),
            suffix("/v1/files", Dialect.OPENAI, Operation.FILES),
            suffix("/v1/batches", Dialect.OPENAI, Operation.BATCHES),
            suffix("/v1/fine_tuning/", Dialect.OPENAI, Operation.FINE_TUNING));

    private static Suffix suffix(String path, Dialect dialect, Operation operation) {
        return new Suffix(path, new RecognizedPath(dialect, operation, null, false));
    }

    /** Whether such a request's body is JSON, whatever its content type says. */
    public boolean isJson() {
        return switch (operation) {
            case CHAT, EMBEDDINGS, MODERATIONS, RERANK, COUNT_TOKENS -> true;
            default -> false;
        };
    }

    /** What this normalised path stands for; {@link Dialect#NONE} if it is no request to a model. */
    public static RecognizedPath of(String path) {
        for (Suffix s : SUFFIXES) {
            if (path.endsWith(s.path)) {
                return s.meaning;
            }
        }
        RecognizedPath byModel = withModelInPath(path);
        if (byModel != null) {
            return byModel;
        }
        for (Suffix s : COLLECTIONS) {
            int at = path.indexOf(s.path);
            int end = at + s.path.length();
            // Whole segments: /v1/filesystem is none of /v1/files.
            if (at >= 0 && (s.path.endsWith("/") || end == path.length() || path.charAt(end) == '/')) {
                return s.meaning;
            }
        }
        return NONE;
    }

    private static @Nullable RecognizedPath withModelInPath(String path) {
        int colon = path.lastIndexOf(':');
        int models = path.lastIndexOf("/models/");
        if (models >= 0 && colon > models) {
            String model = decode(path.substring(models + "/models/".length(), colon));
            return model == null
                    ? null
                    : switch (path.substring(colon + 1)) {
                        case "generateContent" -> new RecognizedPath(Dialect.GEMINI, Operation.CHAT, model, false);
                        case "streamGenerateContent" -> new RecognizedPath(Dialect.GEMINI, Operation.CHAT, model, true);
                        case "countTokens" -> new RecognizedPath(Dialect.GEMINI, Operation.COUNT_TOKENS, model, false);
                        case "embedContent", "batchEmbedContents" ->
                            new RecognizedPath(Dialect.GEMINI, Operation.EMBEDDINGS, model, false);
                        default -> null;
                    };
        }
        int model = path.lastIndexOf("/model/");
        int slash = path.lastIndexOf('/');
        if (model >= 0 && slash > model + "/model".length()) {
            String name = decode(path.substring(model + "/model/".length(), slash));
            return name == null
                    ? null
                    : switch (path.substring(slash + 1)) {
                        case "converse" -> new RecognizedPath(Dialect.BEDROCK, Operation.CHAT, name, false);
                        case "converse-stream" -> new RecognizedPath(Dialect.BEDROCK, Operation.CHAT, name, true);
                        default -> null;
                    };
        }
        return null;
    }

    /** A model's name as meant: SDKs encode the colon and slashes in it. Null if there is none. */
    private static @Nullable String decode(String name) {
        if (name.indexOf('%') < 0) {
            return name.isEmpty() ? null : name;
        }
        try {
            // In a path a plus is a plus (RFC 3986, section 3.3).
            return URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return null;
        }
    }
}
