package io.carillon.dialect.admin;

import io.carillon.channel.Channel;

/**
 * A channel on the wire.
 *
 * @param endpoint left out when it is null: every endpoint
 * @param modifiedAt ISO-8601 in UTC
 */
public record ChannelAnswer(String model, String endpoint, String queue, String modifiedAt) {

    static ChannelAnswer of(Channel channel) {
        return new ChannelAnswer(
                channel.model(),
                channel.endpoint().orElse(null),
                channel.queue().text(),
                channel.modified().toString());
    }
}
