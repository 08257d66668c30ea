namespace AlexNetService.Onnx.Quantized;

/// <summary>
/// The magnitudes of a tensor's values, gathered in one pass, and the range in which 8 bits represent them with the least squared error.
/// Clipping a few far values costs less than coarser steps for all others.
/// </summary>
public sealed class ValueHistogram
{
    private const int Bins = 4096;

    // A share of the largest magnitude. Values below it are never clipped.
    private const double LeastShare = 0.1;

    private readonly long[] counts = new long[Bins];
    private float width = 1f / Bins;
    private float low;
    private float high;

    /// <summary>Adds values.</summary>
    /// <param name="values">Any number of them, finite.</param>
    /// <exception cref="ArgumentException">A value is not finite.</exception>
    public void Add(ReadOnlySpan<float> values)
    {
        var (least, most) = Ends(values);
        (low, high) = (MathF.Min(low, least), MathF.Max(high, most));
        while (MathF.Max(high, -low) >= width * Bins)
        {
            Double();
        }

        var inverse = 1 / width;
        foreach (var value in values)
        {
            counts[Math.Min((int)(MathF.Abs(value) * inverse), Bins - 1)]++;
        }
    }

    /// <summary>The range of least mean squared error over all added values; [0, 0] where all were zeros.</summary>
    public TensorRange BestRange()
    {
        var largest = MathF.Max(high, -low);
        var last = Math.Min((int)(largest / width), Bins - 1);
        var (best, least) = (largest, double.PositiveInfinity);
        for (var bin = Math.Max(1, (int)(last * LeastShare)); bin <= last; bin++)
        {
            var end = bin == last ? largest : (bin + 1) * width;
            if (SquaredError(end, last) is var error && error < least)
            {
                (best, least) = (end, error);
            }
        }

        return new TensorRange(MathF.Max(low, -best), MathF.Min(high, best));
    }

    private static (float Least, float Most) Ends(ReadOnlySpan<float> values)
    {
        var (least, most) = (0f, 0f);
        foreach (var value in values)
        {
            if (!float.IsFinite(value))
            {
                throw new ArgumentException($"A value is {value}: the graph's arithmetic overflows on these pictures.", nameof(values));
            }

            least = MathF.Min(least, value);
            most = MathF.Max(most, value);
        }

        return (least, most);
    }

    // Half as many bins in use, each twice as wide.
    private void Double()
    {
        for (var bin = 0; bin < Bins / 2; bin++)
        {
            counts[bin] = counts[2 * bin] + counts[(2 * bin) + 1];
        }

        counts.AsSpan(Bins / 2).Clear();
        width *= 2;
    }

    // A step's rounding error is uniform, scale²/12. A clipped value is off by its distance from the end.
    private double SquaredError(float end, int last)
    {
        var scale = new TensorRange(MathF.Max(low, -end), MathF.Min(high, end)).Scale;
        var (rounding, error) = (scale * (double)scale / 12, 0.0);
        for (var bin = 1; bin <= last; bin++)
        {
            var beyond = ((bin + 0.5) * width) - end;
            error += counts[bin] * (beyond > 0 ? (beyond * beyond) + rounding : rounding);
        }

        return error;
    }
}

/// <summary>The values of a tensor that 8 bits are spread over. Values outside are clipped to the nearest end.</summary>
/// <param name="Low">Lowest value; at most 0, because padding must be exact.</param>
/// <param name="High">Highest value; at least 0.</param>
public readonly record struct TensorRange(float Low, float High)
{
    private const int Steps = 255;

    internal float Scale => High > Low ? (High - Low) / Steps : 1;

    /// <summary>The byte that means 0.</summary>
    internal byte ZeroPoint => (byte)Math.Clamp(MathF.Round(-Low / Scale), 0, Steps);
}
