using System.Numerics;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Imaging;

/// <summary>The part of a canvas that a crop shows, at its own size. Training, evaluation and serving all cut through it.</summary>
/// <param name="Top">First row, in canvas pixels.</param>
/// <param name="Left">First column, in canvas pixels.</param>
/// <param name="Mirrored">Whether the crop is flipped left to right after it was cut.</param>
public readonly record struct CropWindow(int Top, int Left, bool Mirrored)
{
    /// <summary>Draws the window of a training step, every place being equally likely and half mirrored (Krizhevsky 2012 §4.1).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The crop is larger than its canvas.</exception>
    public static CropWindow Draw(Random random, CropGeometry geometry)
    {
        var places = CropViews.FarOffset(geometry) + 1;
        return new CropWindow(random.Next(places), random.Next(places), Mirrored: random.Next(2) == 1);
    }

    /// <summary>
    /// Copies the window out of a canvas, as graphs read it: [3,canvasSide,canvasSide] → [3,cropSide,cropSide], written whole.
    /// </summary>
    /// <exception cref="ArgumentException">A span does not have the size of its side, or the window does not lie on the canvas.</exception>
    public void CopyTo(ReadOnlySpan<byte> canvas, int canvasSide, Span<byte> crop, int cropSide)
    {
        RequireFit(canvas.Length, canvasSide, crop.Length, cropSide);
        for (var channel = 0; channel < 3; channel++)
        {
            for (var row = 0; row < cropSide; row++)
            {
                var target = crop.Slice(((channel * cropSide) + row) * cropSide, cropSide);
                Row(canvas, canvasSide, channel, row, cropSide).CopyTo(target);
                if (Mirrored)
                {
                    target.Reverse();
                }
            }
        }
    }

    /// <summary>
    /// Copies the window out of a canvas, as training reads it: [3,canvasSide,canvasSide] → [cropSide,cropSide,3] of bytes or floats,
    /// 0..255, written whole.
    /// </summary>
    /// <exception cref="ArgumentException">A span does not have the size of its side, or the window does not lie on the canvas.</exception>
    public void CopyChannelsLastTo<T>(ReadOnlySpan<byte> canvas, int canvasSide, Span<T> crop, int cropSide)
        where T : unmanaged, INumberBase<T>
    {
        RequireFit(canvas.Length, canvasSide, crop.Length, cropSide);
        var (first, step) = Mirrored ? (cropSide - 1, -1) : (0, 1);
        for (var row = 0; row < cropSide; row++)
        {
            var red = Row(canvas, canvasSide, 0, row, cropSide);
            var green = Row(canvas, canvasSide, 1, row, cropSide);
            var blue = Row(canvas, canvasSide, 2, row, cropSide);
            var target = crop.Slice(row * cropSide * 3, cropSide * 3);
            for (int place = 0, from = first; place < target.Length; place += 3, from += step)
            {
                target[place] = T.CreateTruncating(red[from]);
                target[place + 1] = T.CreateTruncating(green[from]);
                target[place + 2] = T.CreateTruncating(blue[from]);
            }
        }
    }

    private ReadOnlySpan<byte> Row(ReadOnlySpan<byte> canvas, int canvasSide, int channel, int row, int cropSide) =>
        canvas.Slice((((channel * canvasSide) + Top + row) * canvasSide) + Left, cropSide);

    private void RequireFit(int canvas, int canvasSide, int crop, int cropSide)
    {
        RequireSquare(canvas, canvasSide, nameof(canvas));
        RequireSquare(crop, cropSide, nameof(crop));
        if (Top < 0 || Left < 0 || Top > canvasSide - cropSide || Left > canvasSide - cropSide)
        {
            throw new ArgumentException(
                $"A crop of {cropSide} at row {Top}, column {Left} does not lie on a canvas of {canvasSide}.", nameof(cropSide));
        }
    }

    /// <exception cref="ArgumentException">An RGB picture of that side has another number of values.</exception>
    internal static void RequireSquare(int length, int side, string name)
    {
        if (side < 1 || length != 3L * side * side)
        {
            throw new ArgumentException($"{length} values are not an RGB picture of side {side}.", name);
        }
    }
}
