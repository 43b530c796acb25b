package dev.sluice.plugins.keyauth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Credential;
import dev.sluice.api.SharedState;
import dev.sluice.plugins.keyauth.Callers.Known;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Consumers that are issued and revoked at run time. Their keys are kept in the shared state as fingerprints alone, so
 * that what is issued or revoked on one node counts on all of them with the next request. Thread-safe.
 */
final class Issued {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String INDEX = "issued";
    private static final String KEY = "issued:";
    /** The state forgets everything some day; this is later than anybody asks. */
    private static final Duration FOR_GOOD = Duration.ofDays(36_500);

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int ID = 12;
    private static final int BYTES = 32;
    private static final int ATTEMPTS = 100;

    private final SharedState state;
    private final Callers callers;
    private final SecureRandom random = new SecureRandom();

    Issued(SharedState state, Callers callers) {
        this.state = state;
        this.callers = callers;
    }

    /** Who has that key; empty: nobody. */
    CompletionStage<Optional<Known>> of(String key) {
        return state.get(KEY + Credential.of(key).fingerprint()).thenApply(found -> found.map(this::known));
    }

    private @Nullable Known known(String stored) {
        JsonNode tree = read(stored);
        String name = tree.path("name").asText();
        // A name that the config has since given to somebody else is theirs.
        return callers.isConfigured(name) ? null : callers.stranger(name, groups(tree));
    }

    private static Set<String> groups(JsonNode tree) {
        Set<String> groups = new HashSet<>();
        tree.path("groups").forEach(group -> groups.add(group.asText()));
        return groups;
    }

    /** All that are issued, oldest first; never a key. Blocks. */
    JsonNode list() {
        return valid(read(await(state.get(INDEX)).orElse("[]")));
    }

    /**
     * Issues a key, which is shown in the answer and nowhere else. Blocks.
     *
     * @throws IllegalArgumentException if the request says nothing that can be done; the message says why
     */
    JsonNode issue(ObjectNode request) {
        only(request, Set.of("name", "groups", "expiresIn"));
        String name = text(request, "name");
        if (name == null || !Names.isOne(name)) {
            throw new IllegalArgumentException(
                    "'name' must be the consumer's name: up to 200 printable ASCII characters");
        }
        if (callers.isConfigured(name)) {
            throw new IllegalArgumentException("the config has a consumer '" + name + "' already: choose another name");
        }
        ArrayNode groups = groupsOf(request);
        Duration lasts = lasts(request);
        byte[] secret = new byte[BYTES];
        random.nextBytes(secret);
        String key = "sk-sluice-" + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
        String fingerprint = Credential.of(key).fingerprint();

        ObjectNode entry = JsonNodeFactory.instance.objectNode();
        entry.put("id", fingerprint.substring(0, ID)).put("name", name);
        entry.set("groups", groups);
        Instant now = Instant.now();
        entry.put("issued", now.toString());
        if (lasts != null) {
            entry.put("expires", now.plus(lasts).toString());
        }
        // First the list: a key that counts is always one that can be seen and revoked.
        ObjectNode listed = entry.deepCopy().put("fingerprint", fingerprint);
        change(index -> index.add(listed));
        ObjectNode stored = JsonNodeFactory.instance.objectNode().put("name", name);
        stored.set("groups", groups);
        await(state.put(KEY + fingerprint, stored.toString(), lasts == null ? FOR_GOOD : lasts));
        return entry.put("key", key);
    }

    private static ArrayNode groupsOf(ObjectNode request) {
        ArrayNode groups = JsonNodeFactory.instance.arrayNode();
        JsonNode given = request.path("groups");
        if (given.isMissingNode()) {
            return groups;
        }
        boolean list = given.isArray();
        for (JsonNode group : given) {
            list &= group.isTextual() && Names.isOne(group.textValue());
            groups.add(group);
        }
        if (!list) {
            throw new IllegalArgumentException("'groups' must be a list of names of groups");
        }
        return groups;
    }

    private static @Nullable Duration lasts(ObjectNode request) {
        if (!request.has("expiresIn")) {
            return null;
        }
        String given = request.path("expiresIn").asText();
        java.util.regex.Matcher parts =
                java.util.regex.Pattern.compile("([1-9][0-9]{0,8})(s|m|h|d)").matcher(given);
        if (!parts.matches()) {
            throw new IllegalArgumentException("'expiresIn' must be a duration such as '90s', '12h' or '30d'");
        }
        long count = Long.parseLong(parts.group(1));
        Duration lasts = switch (parts.group(2)) {
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
        };
        return lasts.compareTo(FOR_GOOD) < 0 ? lasts : FOR_GOOD;
    }

    /**
     * Revokes one key by its id, or all of a consumer. Blocks.
     *
     * @throws IllegalArgumentException if there is none
     */
    JsonNode revoke(ObjectNode request) {
        only(request, Set.of("id", "name"));
        String id = text(request, "id");
        String name = text(request, "name");
        if ((id == null) == (name == null)) {
            throw new IllegalArgumentException(
                    "say which key to revoke by its 'id', or whose keys by the consumer's 'name'");
        }
        List<JsonNode> revoked = new ArrayList<>();
        for (JsonNode entry : read(await(state.get(INDEX)).orElse("[]"))) {
            if (id != null
                    ? entry.path("id").asText().equals(id)
                    : entry.path("name").asText().equals(name)) {
                revoked.add(entry);
            }
        }
        if (revoked.isEmpty()) {
            throw new IllegalArgumentException(
                    id != null
                            ? "no key with the id '" + id + "' is issued; 'issued' lists them"
                            : "no key of a consumer '" + name + "' is issued; 'issued' lists them");
        }
        ArrayNode ids = JsonNodeFactory.instance.arrayNode();
        for (JsonNode entry : revoked) {
            await(state.remove(KEY + entry.path("fingerprint").asText()));
            ids.add(entry.path("id").asText());
        }
        change(index -> {
            for (int i = index.size() - 1; i >= 0; i--) {
                if (revoked.contains(index.get(i))) {
                    index.remove(i);
                }
            }
        });
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        answer.set("revoked", ids);
        return answer;
    }

    private static void only(ObjectNode request, Set<String> known) {
        request.fieldNames().forEachRemaining(field -> {
            if (!known.contains(field)) {
                throw new IllegalArgumentException("'" + (Names.isOne(field) ? field : "?") + "' is not known here: "
                        + String.join(", ", known.stream().sorted().toList()) + " are");
            }
        });
    }

    private static @Nullable String text(ObjectNode request, String field) {
        return request.path(field).textValue();
    }

    /** Changes the list as one step, however many do so at once. */
    private void change(java.util.function.Consumer<ArrayNode> change) {
        for (int i = 0; i < ATTEMPTS; i++) {
            Optional<String> before = await(state.get(INDEX));
            ArrayNode index = current(read(before.orElse("[]")));
            change.accept(index);
            if (await(state.replace(INDEX, before, index.toString(), FOR_GOOD))) {
                return;
            }
        }
        throw new IllegalStateException("too many issue and revoke keys at once: try again");
    }

    private static ArrayNode current(JsonNode index) {
        ArrayNode left = JsonNodeFactory.instance.arrayNode();
        for (JsonNode entry : index) {
            String ends = entry.path("expires").textValue();
            if (ends == null || Instant.parse(ends).isAfter(Instant.now())) {
                left.add(entry);
            }
        }
        return left;
    }

    private static JsonNode valid(JsonNode index) {
        ArrayNode shown = current(index);
        shown.forEach(entry -> ((ObjectNode) entry).remove("fingerprint"));
        return shown;
    }

    private static JsonNode read(String stored) {
        try {
            return JSON.readTree(stored);
        } catch (IOException e) {
            throw new UncheckedIOException("what is stored of issued keys cannot be read", e);
        }
    }

    private static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the shared state does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
