package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An {@code azureServiceUrl}: a resource, whose deployments are named by the model; one deployment of it; or one
 * operation, which then takes every request.
 *
 * @param path what it says behind the host, without a slash at its end
 * @param query its query, {@code api-version} in it
 */
record AzureUrl(String path, String query) {
    private static final Pattern DEPLOYMENT = Pattern.compile("/openai/deployments/[^/]+");
    private static final Pattern VERSIONED = Pattern.compile("/openai/v1");

    /** What belongs to a resource, not to one of its deployments. */
    private static final Set<Api> OF_RESOURCE =
            Set.of(Api.MODELS, Api.FILES, Api.BATCHES, Api.RESPONSES, Api.FINE_TUNING, Api.VIDEOS, Api.REALTIME);

    static AzureUrl of(JsonNode config) {
        String text = config.asText("").strip();
        if (text.isEmpty()) {
            throw new IllegalArgumentException("the type azure needs 'azureServiceUrl': add it, with its api-version");
        }
        URI uri;
        try {
            uri = new URI(text.contains("://") ? text : "https://" + text);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("azureServiceUrl is not a URL: " + e.getReason(), e);
        }
        String query = uri.getRawQuery() == null ? "" : uri.getRawQuery();
        if (Arrays.stream(query.split("&")).noneMatch(p -> p.startsWith("api-version=") && !p.endsWith("="))) {
            throw new IllegalArgumentException("azureServiceUrl has no api-version: add ?api-version=… to it");
        }
        String path = uri.getRawPath() == null ? "" : uri.getRawPath().replaceAll("/+$", "");
        return new AzureUrl(path, query);
    }

    /** Whether it names one operation. */
    boolean isFixed() {
        return !path.isEmpty() && !isDeployment() && !isVersioned();
    }

    private boolean isDeployment() {
        Matcher deployment = DEPLOYMENT.matcher(path);
        return deployment.matches();
    }

    /** The resource's newer API, which names the model in the body. */
    private boolean isVersioned() {
        return VERSIONED.matcher(path).matches();
    }

    String path(Api api) {
        if (isFixed()) {
            return path;
        }
        if (isVersioned()) {
            return path + api.path();
        }
        if (OF_RESOURCE.contains(api)) {
            return "/openai" + api.path();
        }
        return (isDeployment() ? path : "/openai/deployments/" + Vendor.MODEL) + api.path();
    }
}
