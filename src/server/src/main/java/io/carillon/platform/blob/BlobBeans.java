package io.carillon.platform.blob;

import io.carillon.platform.config.Configuration;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/** Opens the store that the configuration names. */
@ApplicationScoped
class BlobBeans {
    private static final Logger LOG = LoggerFactory.getLogger(BlobBeans.class);

    @Produces
    @Singleton
    BlobStore store(Configuration configuration) {
        Optional<String> bucket = configuration.filesS3Bucket();
        return bucket.isPresent() ? bucket(bucket.get(), configuration) : directory(configuration);
    }

    private static BlobStore directory(Configuration configuration) {
        try {
            return new DirectoryStore(configuration.filesDirectory());
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "Files cannot be kept in " + configuration.filesDirectory() + "; see CARILLON_FILES_DIR", e);
        }
    }

    private static BlobStore bucket(String bucket, Configuration configuration) {
        S3ClientBuilder builder = s3(
                configuration.filesS3Region(),
                configuration.filesS3Endpoint().map(URI::create),
                configuration.filesS3PathStyle());
        configuration
                .filesS3AccessKey()
                .ifPresent(
                        key -> builder.credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(
                                key, configuration.filesS3SecretKey().orElse("")))));
        S3Client client = builder.build();
        try {
            client.headBucket(request -> request.bucket(bucket));
        } catch (SdkException failure) {
            // it may come back by itself, and everything else works without it
            LOG.error("Files cannot be kept in bucket {} now: {}", bucket, failure.getMessage());
        }
        return new S3Store(client, bucket, configuration.filesS3Prefix());
    }

    /** What all of our clients of S3 have in common. Many servers that speak S3 do not know the newer checksums. */
    static S3ClientBuilder s3(String region, Optional<URI> endpoint, boolean pathStyle) {
        S3ClientBuilder builder = S3Client.builder()
                .region(Region.of(region))
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(Duration.ofSeconds(10))
                        .socketTimeout(Duration.ofSeconds(60)))
                .forcePathStyle(pathStyle)
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .serviceConfiguration(s3 -> s3.chunkedEncodingEnabled(false));
        endpoint.ifPresent(builder::endpointOverride);
        return builder;
    }

    void close(@Disposes BlobStore store) {
        store.close();
    }
}
