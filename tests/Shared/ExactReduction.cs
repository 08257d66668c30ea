using AlexNetService.Imaging;

namespace AlexNetService.Shared;

/// <summary>Compares canvases with an exact reduction: a triangle filter as wide as the reduction, in double precision.</summary>
internal static class ExactReduction
{
    /// <summary>Mean absolute difference between the canvas of a file and the exact reduction of its centre square, 0..255.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="shorter">Shorter side of the picture, in pixels; at most the largest canvas, and larger than the side.</param>
    /// <param name="side">Side of the canvas, in pixels.</param>
    public static double MeanDifference(byte[] file, int shorter, int side)
    {
        var (full, canvas) = (Decode(file, shorter), Decode(file, side));
        var difference = 0.0;
        for (var plane = 0; plane < 3; plane++)
        {
            var exact = Columns(Columns(full.AsSpan(plane * shorter * shorter, shorter * shorter), shorter, side), shorter, side);
            for (var i = 0; i < exact.Length; i++)
            {
                difference += Math.Abs(exact[i] - canvas[(plane * exact.Length) + i]);
            }
        }

        return difference / canvas.Length;
    }

    private static byte[] Decode(byte[] file, int side)
    {
        var canvas = new byte[3 * side * side];
        return CanvasDecoder.DecodeTo(file, side, canvas) is { } fault ? throw new InvalidDataException(fault.Reason) : canvas;
    }

    private static double[] Columns(ReadOnlySpan<byte> plane, int stored, int side)
    {
        var values = new double[plane.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = plane[i];
        }

        return Columns(values, stored, side);
    }

    /// <summary>[rows,stored] → [side,rows]: rows become shorter, and the result is transposed, so that a second call is whole.</summary>
    private static double[] Columns(double[] plane, int stored, int side)
    {
        var (rows, scale) = (plane.Length / stored, (double)stored / side);
        var reduced = new double[side * rows];
        for (var place = 0; place < side; place++)
        {
            var centre = (place + 0.5) * scale;
            var (from, to) = (Math.Max(0, (int)(centre - scale)), Math.Min(stored, (int)Math.Ceiling(centre + scale)));
            var weights = Enumerable.Range(from, to - from).Select(i => Math.Max(0, 1 - (Math.Abs(i + 0.5 - centre) / scale))).ToArray();
            var total = weights.Sum();
            for (var row = 0; row < rows; row++)
            {
                var sum = 0.0;
                for (var i = from; i < to; i++)
                {
                    sum += weights[i - from] * plane[(row * stored) + i];
                }

                reduced[(place * rows) + row] = sum / total;
            }
        }

        return reduced;
    }
}
