namespace AlexNetService.Imaging;

/// <summary>Bytes of a photograph → RGB canvas. The only place in the house that decodes.</summary>
public static class CanvasDecoder
{
    /// <summary>Default limit on the pixels a header may name: 50 megapixels.</summary>
    public const long DefaultMaxPixels = 50_000_000;

    /// <summary>Decodes, orients, converts to sRGB, scales the shorter side to the canvas and cuts the centre.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="side">Side of the canvas, in pixels.</param>
    /// <param name="maxPixels">Limit on width × height (× frames) as the header names them, checked before any pixel is decoded.</param>
    public static DecodeResult Decode(ReadOnlyMemory<byte> encoded, int side, long maxPixels = DefaultMaxPixels) =>
        throw new NotSupportedException();
}
