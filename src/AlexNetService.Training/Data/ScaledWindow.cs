using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Training.Data;

/// <summary>A window of any size anywhere on the canvas, for training at several scales (Simonyan and Zisserman 2014, §3.1).</summary>
/// <param name="Top">First row, in pixels of the canvas.</param>
/// <param name="Left">First column, in pixels of the canvas.</param>
/// <param name="Side">Side, in pixels of the canvas.</param>
/// <param name="Mirrored">Whether left and right are exchanged.</param>
internal readonly record struct ScaledWindow(double Top, double Left, double Side, bool Mirrored)
{
    /// <summary>Side and place, each as likely as the other; mirrored half of the time.</summary>
    /// <param name="random">Seeded by the caller.</param>
    /// <param name="geometry">Canvas and crop.</param>
    /// <param name="jitter">The side is the crop's times 1 - jitter to 1 + jitter, and never more than the canvas'.</param>
    public static ScaledWindow Draw(Random random, CropGeometry geometry, double jitter)
    {
        var side = Math.Min(geometry.Canvas, geometry.Crop * (1 + (jitter * ((2 * random.NextDouble()) - 1))));
        var room = geometry.Canvas - side;
        return new ScaledWindow(room * random.NextDouble(), room * random.NextDouble(), side, random.Next(2) == 1);
    }

    /// <summary>The window resampled to the crop, bilinearly.</summary>
    /// <param name="canvas">[3,canvas,canvas], 0..255.</param>
    /// <param name="geometry">Canvas and crop.</param>
    /// <param name="shift">[3], added to each pixel.</param>
    /// <param name="mean">[crop,crop,3], taken off where a pixel goes.</param>
    /// <param name="crop">[crop,crop,3] (channels last); written whole.</param>
    public void Resample(ReadOnlySpan<byte> canvas, CropGeometry geometry, ReadOnlySpan<float> shift, ReadOnlySpan<float> mean, Span<float> crop)
    {
        var (side, size) = (geometry.Canvas, geometry.Crop);
        for (var row = 0; row < size; row++)
        {
            var (upper, down) = Place(Top, row, size, side);
            for (var column = 0; column < size; column++)
            {
                var (left, right) = Place(Left, Mirrored ? size - 1 - column : column, size, side);
                for (var channel = 0; channel < 3; channel++)
                {
                    var first = (((channel * side) + upper) * side) + left;
                    var above = canvas[first] + (right * (canvas[first + 1] - canvas[first]));
                    var below = canvas[first + side] + (right * (canvas[first + side + 1] - canvas[first + side]));
                    var place = (((row * size) + column) * 3) + channel;
                    crop[place] = above + (down * (below - above)) + shift[channel] - mean[place];
                }
            }
        }
    }

    /// <returns>The pixel before the place, at most the last but one, and how far on to the next the place is.</returns>
    private (int Before, float Share) Place(double start, int index, int size, int canvas)
    {
        var at = Math.Clamp(start + ((index + 0.5) * Side / size) - 0.5, 0, canvas - 1);
        var before = Math.Min((int)at, canvas - 2);
        return (before, (float)(at - before));
    }
}
