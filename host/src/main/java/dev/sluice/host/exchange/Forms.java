package dev.sluice.host.exchange;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.multipart.Attribute;
import io.netty.handler.codec.http.multipart.DefaultHttpDataFactory;
import io.netty.handler.codec.http.multipart.HttpPostRequestDecoder;
import io.netty.handler.codec.http.multipart.InterfaceHttpData;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Fields of forms, as uploads of audio and images carry the model's name, and of queries. */
final class Forms {
    private Forms() {}

    static boolean isForm(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        String type = contentType.toLowerCase(Locale.ROOT);
        return type.startsWith("multipart/form-data") || type.startsWith("application/x-www-form-urlencoded");
    }

    /**
     * A text field of a whole form; null if it is not there.
     *
     * @throws Json.Invalid if the form cannot be read, or has the field twice
     */
    static @Nullable String field(String name, String contentType, byte[] form) throws Json.Invalid {
        DefaultFullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/", Unpooled.wrappedBuffer(form));
        request.headers().set("content-type", contentType);
        HttpPostRequestDecoder decoder = null;
        try {
            decoder = new HttpPostRequestDecoder(new DefaultHttpDataFactory(false), request);
            List<InterfaceHttpData> fields = decoder.getBodyHttpDatas(name);
            if (fields == null || fields.isEmpty()) {
                return null;
            }
            if (fields.size() > 1) {
                throw new Json.Invalid("the field '" + name + "' is there twice");
            }
            return fields.get(0) instanceof Attribute attribute ? attribute.getValue() : null;
        } catch (HttpPostRequestDecoder.ErrorDataDecoderException | IOException malformed) {
            throw new Json.Invalid("the form cannot be read");
        } finally {
            if (decoder != null) {
                decoder.destroy();
            }
        }
    }

    /** A parameter of a query; null if it is not there. */
    static @Nullable String inQuery(String name, @Nullable String query) {
        if (query == null) {
            return null;
        }
        List<String> values = new QueryStringDecoder(query, false).parameters().get(name);
        return values == null || values.isEmpty() ? null : values.get(0);
    }
}
