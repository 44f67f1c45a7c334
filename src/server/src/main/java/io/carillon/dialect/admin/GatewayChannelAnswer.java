package io.carillon.dialect.admin;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carillon.channel.Channel;

/**
 * The gateway's envelope around a channel.
 *
 * @param code always 200
 * @param timestamp milliseconds since 1970
 */
public record GatewayChannelAnswer(int code, long timestamp, Body data) {

    /** The gateway spells its fields in camelCase. */
    public record Body(
            @JsonProperty("entityType") String entityType,
            @JsonProperty("entityCode") String entityCode,
            String model,
            String endpoint,
            @JsonProperty("queueMode") int queueMode,
            @JsonProperty("queueName") String queueName) {}

    static GatewayChannelAnswer of(GatewayChannelRequest request, Channel channel) {
        return new GatewayChannelAnswer(
                200,
                channel.modified().toEpochMilli(),
                new Body(
                        request.entityType(),
                        request.entityCode(),
                        channel.model(),
                        channel.endpoint().orElse(null),
                        request.queueMode(),
                        channel.queue().text()));
    }
}
