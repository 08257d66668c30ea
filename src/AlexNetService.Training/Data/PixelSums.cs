using static TorchSharp.torch;

namespace AlexNetService.Training.Data;

/// <summary>
/// Sums over canvases, from which mean colour, mean image and covariance follow. They are whole numbers, so the result is the same to the
/// last bit in whatever order threads add canvases.
/// </summary>
internal sealed class PixelSums(int side)
{
    private readonly long[] image = new long[3 * side * side];

    // Sums of rr, rg, rb, gg, gb, bb.
    private readonly long[] products = new long[6];
    private long canvases;

    private double Pixels => (double)canvases * side * side;

    /// <summary>Adds a canvas, [3,side,side], 0..255.</summary>
    public void Add(ReadOnlySpan<byte> canvas)
    {
        canvases++;
        var plane = side * side;
        var red = canvas[..plane];
        var green = canvas.Slice(plane, plane);
        var blue = canvas[(2 * plane)..];
        long rr = 0, rg = 0, rb = 0, gg = 0, gb = 0, bb = 0;
        for (var pixel = 0; pixel < plane; pixel++)
        {
            var (r, g, b) = ((int)red[pixel], (int)green[pixel], (int)blue[pixel]);
            rr += r * r;
            rg += r * g;
            rb += r * b;
            gg += g * g;
            gb += g * b;
            bb += b * b;
        }

        for (var value = 0; value < canvas.Length; value++)
        {
            image[value] += canvas[value];
        }

        Add([rr, rg, rb, gg, gb, bb], products);
    }

    public void Add(PixelSums other)
    {
        canvases += other.canvases;
        Add(other.image, image);
        Add(other.products, products);
    }

    /// <summary>Mean of the canvases, [3,side,side], 0..255.</summary>
    public float[] MeanImage() => [.. image.Select(sum => (float)((double)sum / canvases))];

    /// <summary>Mean red, green and blue, 0..255.</summary>
    public double[] Mean() => [.. image.Chunk(side * side).Select(channel => channel.Sum() / Pixels)];

    /// <summary>
    /// Principal components of RGB (Krizhevsky 2012 §4.1): directions of length 1 and the variance along each, the strongest last.
    /// </summary>
    public (double[][] Components, double[] Eigenvalues) Components()
    {
        var mean = Mean();
        var covariance = new double[3, 3];
        for (int row = 0, product = 0; row < 3; row++)
        {
            for (var column = row; column < 3; column++, product++)
            {
                covariance[row, column] = covariance[column, row] = (products[product] / Pixels) - (mean[row] * mean[column]);
            }
        }

        using var scope = NewDisposeScope();
        var (values, vectors) = linalg.eigh(from_array(covariance));
        var directions = vectors.transpose(0, 1).contiguous().data<double>().ToArray();
        double[] eigenvalues = [.. values.data<double>().ToArray().Select(variance => Math.Max(0, variance))];
        return ([directions[..3], directions[3..6], directions[6..]], eigenvalues);
    }

    private static void Add(ReadOnlySpan<long> values, long[] sums)
    {
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] += values[i];
        }
    }
}
