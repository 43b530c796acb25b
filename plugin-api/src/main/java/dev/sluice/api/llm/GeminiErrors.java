package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Gemini, as far as errors go: its chats have no view yet. */
final class GeminiErrors extends DialectView {

    @Override
    ObjectNode error(int status, String code, String message) {
        ObjectNode tree = NODES.objectNode();
        ObjectNode error = tree.putObject("error");
        error.put("code", status).put("message", message).put("status", name(status));
        error.putArray("details").addObject().put("reason", code);
        return tree;
    }

    private static String name(int status) {
        return switch (status) {
            case 401 -> "UNAUTHENTICATED";
            case 403 -> "PERMISSION_DENIED";
            case 404 -> "NOT_FOUND";
            case 409 -> "ABORTED";
            case 429 -> "RESOURCE_EXHAUSTED";
            case 499 -> "CANCELLED";
            case 501 -> "UNIMPLEMENTED";
            case 502, 503 -> "UNAVAILABLE";
            case 504 -> "DEADLINE_EXCEEDED";
            default -> status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
        };
    }
}
