using System.Runtime.Intrinsics;

namespace AlexNetService.Imaging;

/// <summary>Converts between interleaved RGB, as decoders and encoders use it, and planes, as the network reads them.</summary>
internal static class Planes
{
    /// <summary>[pixels,3] → [pixels] for each channel, 16 pixels at a time.</summary>
    internal static void Split(ReadOnlySpan<byte> interleaved, Span<byte> red, Span<byte> green, Span<byte> blue)
    {
        var pixel = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; pixel <= red.Length - 16; pixel += 16)
            {
                var block = interleaved.Slice(3 * pixel, 48);
                Gather(block, red.Slice(pixel, 16), green.Slice(pixel, 16), blue.Slice(pixel, 16));
            }
        }

        SplitScalar(interleaved[(3 * pixel)..], red[pixel..], green[pixel..], blue[pixel..]);
    }

    /// <summary>The same, one pixel at a time.</summary>
    internal static void SplitScalar(ReadOnlySpan<byte> interleaved, Span<byte> red, Span<byte> green, Span<byte> blue)
    {
        for (var pixel = 0; pixel < red.Length; pixel++)
        {
            red[pixel] = interleaved[3 * pixel];
            green[pixel] = interleaved[(3 * pixel) + 1];
            blue[pixel] = interleaved[(3 * pixel) + 2];
        }
    }

    /// <summary>[pixels] for each channel → [pixels,3], one pixel at a time: an encoder takes twenty times as long.</summary>
    internal static void Join(ReadOnlySpan<byte> red, ReadOnlySpan<byte> green, ReadOnlySpan<byte> blue, Span<byte> interleaved)
    {
        for (var pixel = 0; pixel < red.Length; pixel++)
        {
            interleaved[3 * pixel] = red[pixel];
            interleaved[(3 * pixel) + 1] = green[pixel];
            interleaved[(3 * pixel) + 2] = blue[pixel];
        }
    }

    // Three vectors a, b, c hold 16 pixels in 48 bytes. An index of 255 is out of range and gives 0, so the three parts can be or-ed.
    private static void Gather(ReadOnlySpan<byte> block, Span<byte> red, Span<byte> green, Span<byte> blue)
    {
        const byte X = 255;
        var a = Vector128.Create(block[..16]);
        var b = Vector128.Create(block.Slice(16, 16));
        var c = Vector128.Create(block.Slice(32, 16));

        (Vector128.Shuffle(a, Vector128.Create(0, 3, 6, 9, 12, 15, X, X, X, X, X, X, X, X, X, X))
            | Vector128.Shuffle(b, Vector128.Create(X, X, X, X, X, X, 2, 5, 8, 11, 14, X, X, X, X, X))
            | Vector128.Shuffle(c, Vector128.Create(X, X, X, X, X, X, X, X, X, X, X, 1, 4, 7, 10, 13))).CopyTo(red);
        (Vector128.Shuffle(a, Vector128.Create(1, 4, 7, 10, 13, X, X, X, X, X, X, X, X, X, X, X))
            | Vector128.Shuffle(b, Vector128.Create(X, X, X, X, X, 0, 3, 6, 9, 12, 15, X, X, X, X, X))
            | Vector128.Shuffle(c, Vector128.Create(X, X, X, X, X, X, X, X, X, X, X, 2, 5, 8, 11, 14))).CopyTo(green);
        (Vector128.Shuffle(a, Vector128.Create(2, 5, 8, 11, 14, X, X, X, X, X, X, X, X, X, X, X))
            | Vector128.Shuffle(b, Vector128.Create(X, X, X, X, X, 1, 4, 7, 10, 13, X, X, X, X, X, X))
            | Vector128.Shuffle(c, Vector128.Create(X, X, X, X, X, X, X, X, X, X, 0, 3, 6, 9, 12, 15))).CopyTo(blue);
    }
}
