using NetVips;

namespace AlexNetService.Imaging;

/// <summary>libvips with the settings of this house; every picture is opened here, so the settings always hold.</summary>
internal static class Libvips
{
    static Libvips()
    {
        // Many pictures at once on the callers' threads, each decoded by one: no threads inside a picture, no shared cache.
        NetVips.NetVips.Concurrency = 1;
        Cache.Max = 0;

        // Warnings about senders' pictures would otherwise be written to standard error, as many as senders like.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, static (_, _, _) => { });

        // Only the loaders in our list: without it SVG, AVIF and others would load too.
        NetVips.NetVips.BlockUntrusted = true;
        Operation.Block("VipsForeignLoad", true);
        foreach (var format in ImageFormats.All)
        {
            Operation.Block(format.Loader, false);
        }
    }

    /// <summary>Reads the header; pixels are decoded when they are asked for, once, from top to bottom.</summary>
    /// <exception cref="VipsException">The header cannot be read.</exception>
    internal static Image Open(ReadOnlySpan<byte> encoded, ImageFormat format, int shrink = 1) =>
        Image.NewFromBuffer(
            encoded,
            access: Enums.Access.Sequential,
            failOn: format.FailOn,
            kwargs: shrink > 1 ? new VOption { { "shrink", shrink } } : null);

    /// <summary>A picture of interleaved 8-bit sRGB pixels, copied.</summary>
    internal static Image FromPixels(ReadOnlySpan<byte> interleaved, int width, int height) =>
        Image.NewFromMemoryCopy(interleaved, width, height, bands: 3, Enums.BandFormat.Uchar)
            .Then(image => image.Copy(interpretation: Enums.Interpretation.Srgb));

    /// <summary>Puts a step behind a picture; libvips holds what the step reads, so our own handle is closed.</summary>
    internal static Image Then(this Image image, Func<Image, Image> step)
    {
        using (image)
        {
            return step(image);
        }
    }
}
