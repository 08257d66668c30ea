using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Imaging;

/// <summary>
/// A window of any size and place on a canvas, resampled to the crop: training at several scales (Simonyan and Zisserman 2014, §3.1).
/// </summary>
/// <param name="Top">First row, in canvas pixels.</param>
/// <param name="Left">First column, in canvas pixels.</param>
/// <param name="Side">Side of the window, in canvas pixels.</param>
/// <param name="Mirrored">Whether left and right are exchanged.</param>
public readonly record struct ScaledWindow(double Top, double Left, double Side, bool Mirrored)
{
    /// <summary>
    /// Draws size and place, each uniformly; half of the windows are mirrored. The side is the crop's times 1 - jitter to 1 + jitter, and
    /// at most the canvas's.
    /// </summary>
    public static ScaledWindow Draw(Random random, CropGeometry geometry, double jitter)
    {
        var side = Math.Min(geometry.Canvas, geometry.Crop * (1 + (jitter * ((2 * random.NextDouble()) - 1))));
        var room = geometry.Canvas - side;
        return new ScaledWindow(room * random.NextDouble(), room * random.NextDouble(), side, random.Next(2) == 1);
    }

    /// <summary>
    /// Resamples the window bilinearly, as training reads it: [3,canvasSide,canvasSide] of bytes, with a side of 2 or more →
    /// [cropSide,cropSide,3] of floats, 0..255, written whole.
    /// </summary>
    /// <exception cref="ArgumentException">A span does not have the size of its side.</exception>
    public void CopyTo(ReadOnlySpan<byte> canvas, int canvasSide, Span<float> crop, int cropSide)
    {
        CropWindow.RequireSquare(canvas.Length, canvasSide, nameof(canvas));
        CropWindow.RequireSquare(crop.Length, cropSide, nameof(crop));
        for (var row = 0; row < cropSide; row++)
        {
            var (upper, down) = Place(Top, row, cropSide, canvasSide);
            for (var column = 0; column < cropSide; column++)
            {
                var (left, right) = Place(Left, Mirrored ? cropSide - 1 - column : column, cropSide, canvasSide);
                for (var channel = 0; channel < 3; channel++)
                {
                    var first = (((channel * canvasSide) + upper) * canvasSide) + left;
                    var above = canvas[first] + (right * (canvas[first + 1] - canvas[first]));
                    var below = canvas[first + canvasSide] + (right * (canvas[first + canvasSide + 1] - canvas[first + canvasSide]));
                    crop[(((row * cropSide) + column) * 3) + channel] = above + (down * (below - above));
                }
            }
        }
    }

    /// <returns>The pixel before the place, at most the last but one, and the distance from it to the place.</returns>
    private (int Before, float Share) Place(double start, int index, int cropSide, int canvasSide)
    {
        var at = Math.Clamp(start + ((index + 0.5) * Side / cropSide) - 0.5, 0, canvasSide - 1);
        var before = Math.Min((int)at, canvasSide - 2);
        return (before, (float)(at - before));
    }
}
