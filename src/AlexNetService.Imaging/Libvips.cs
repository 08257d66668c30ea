using NetVips;

namespace AlexNetService.Imaging;

/// <summary>libvips with our settings. Every picture is opened through this class, so the settings always apply.</summary>
internal static class Libvips
{
    // libvips checks libjpeg's warnings before each strip. It reports those of the last strip in this line of its log, on the thread that
    // closes the picture.
    private const string LateWarnings = "read gave ";

    [ThreadStatic]
    private static bool hasWarned;

    static Libvips()
    {
        // Callers decode many pictures at once, each on one thread: no threads inside a picture, no shared cache.
        NetVips.NetVips.Concurrency = 1;
        Cache.Max = 0;

        // Otherwise senders could write any number of warnings about their pictures to standard error.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, static (_, _, line) =>
            hasWarned |= line.StartsWith(LateWarnings, StringComparison.Ordinal));

        // Only the loaders in our list: without it SVG, PDF and others would load too.
        NetVips.NetVips.BlockUntrusted = true;
        Operation.Block("VipsForeignLoad", true);
        foreach (var loader in ImageFormats.All.Select(format => format.Loader).OfType<string>())
        {
            Operation.Block(loader, false);
        }
    }

    /// <summary>Reads the header. Pixels are decoded when they are read, once, from top to bottom. A warning ends the decoding.</summary>
    /// <exception cref="VipsException">The header cannot be read.</exception>
    internal static Image Open(ReadOnlySpan<byte> encoded, int shrink = 1) =>
        Image.NewFromBuffer(
            encoded,
            access: Enums.Access.Sequential,
            failOn: Enums.FailOn.Warning,
            kwargs: shrink > 1 ? new VOption { { "shrink", shrink } } : null);

    /// <summary>Whether a picture that this thread has closed since the last call had warnings that did not end its decoding.</summary>
    internal static bool TakeLateWarnings()
    {
        var warned = hasWarned;
        hasWarned = false;
        return warned;
    }

    internal static Image FromPixels(ReadOnlySpan<byte> interleaved, int width, int height) =>
        Image.NewFromMemoryCopy(interleaved, width, height, bands: 3, Enums.BandFormat.Uchar)
            .Then(image => image.Copy(interpretation: Enums.Interpretation.Srgb));

    /// <summary>Adds a step to a picture. libvips keeps the step's input alive, so our own handle is closed.</summary>
    internal static Image Then(this Image image, Func<Image, Image> step)
    {
        using (image)
        {
            return step(image);
        }
    }
}
