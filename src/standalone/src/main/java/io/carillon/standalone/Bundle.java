package io.carillon.standalone;

import io.carillon.stores.Cache;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;

/** The files that the server is started with, which travel inside our jar. */
final class Bundle {
    private final Cache cache;

    Bundle(Cache cache) {
        this.cache = cache;
    }

    /**
     * The file of that name. In a build directory it is used where it lies; out of a jar it is unpacked once, under a name
     * that tells its content.
     */
    Path file(String name) {
        URL resource = Bundle.class.getClassLoader().getResource("bundle/" + name);
        if (resource == null) {
            throw new Obstacle("This build has no " + name + "; build it with 'mvn package'");
        }
        try {
            if (resource.getProtocol().equals("file")) {
                return Path.of(resource.toURI());
            }
            JarURLConnection connection = (JarURLConnection) resource.openConnection();
            ZipEntry entry = connection.getJarEntry();
            String version = Long.toHexString(entry.getCrc()) + "-" + Long.toHexString(entry.getSize());
            return cache.entry(name + "-" + version, directory -> {
                        try (InputStream in = resource.openStream()) {
                            Files.copy(in, directory.resolve(name));
                        }
                    })
                    .resolve(name);
        } catch (IOException | URISyntaxException e) {
            throw new Obstacle("Cannot unpack " + name + ": " + e.getMessage());
        }
    }
}
