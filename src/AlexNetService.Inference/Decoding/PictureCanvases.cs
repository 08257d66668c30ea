using AlexNetService.Imaging;

namespace AlexNetService.Inference.Decoding;

/// <summary>A photograph as every canvas that its models want: one for each distinct canvas side.</summary>
/// <param name="canvases">The canvases.</param>
public sealed class PictureCanvases(IReadOnlyList<Canvas> canvases)
{
    /// <summary>The canvas of a side.</summary>
    /// <param name="side">Side, in pixels.</param>
    /// <exception cref="InvalidOperationException">The photograph was not decoded for this side.</exception>
    public Canvas this[int side] => canvases.First(canvas => canvas.Side == side);

    /// <summary>Decodes a photograph once for each side.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="sides">Distinct canvas sides, in pixels.</param>
    /// <param name="maxPixels">Limit on width × height as the header names them.</param>
    public static PictureResult Decode(
        ReadOnlyMemory<byte> encoded, IReadOnlyList<int> sides, long maxPixels = CanvasDecoder.DefaultMaxPixels)
    {
        var canvases = new Canvas[sides.Count];
        for (var i = 0; i < canvases.Length; i++)
        {
            var (canvas, fault) = CanvasDecoder.Decode(encoded, sides[i], maxPixels);
            if (canvas is null)
            {
                return new PictureResult(null, fault);
            }

            canvases[i] = canvas;
        }

        return new PictureResult(new PictureCanvases(canvases), null);
    }
}

/// <summary>What became of the bytes of a photograph: exactly one of the two is there.</summary>
/// <param name="Picture">The canvases, where the bytes were a photograph.</param>
/// <param name="Fault">Why there are none, where they were not.</param>
public readonly record struct PictureResult(PictureCanvases? Picture, DecodeFault? Fault);
