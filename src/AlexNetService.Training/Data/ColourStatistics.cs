using static TorchSharp.torch;

namespace AlexNetService.Training.Data;

/// <summary>What the training set's colours are like: their mean, and the principal components of RGB (Krizhevsky 2012 §4.1).</summary>
/// <param name="Mean">Mean red, green, blue, 0..255.</param>
/// <param name="Components">Three principal directions in RGB, each of length 1, the strongest last.</param>
/// <param name="Deviations">Standard deviation of the colours along each direction, in pixel values.</param>
public sealed record ColourStatistics(
    IReadOnlyList<double> Mean, IReadOnlyList<IReadOnlyList<double>> Components, IReadOnlyList<double> Deviations)
{
    private const int LargestSample = 100_000;

    /// <summary>
    /// Measures canvases; of very large sets an evenly spread sample of 100,000. What <c>alexnet prepare</c> measured on canvases of this
    /// size, over the whole data set, is not measured again.
    /// </summary>
    /// <param name="canvases">The training canvases.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    public static ColourStatistics Of(Canvases canvases, CancellationToken cancellation = default)
    {
        if (canvases.Prepared is { } prepared)
        {
            return new ColourStatistics(prepared.Mean, prepared.Components, [.. prepared.Eigenvalues.Select(Math.Sqrt)]);
        }

        Span<long> sums = stackalloc long[3];
        Span<long> products = stackalloc long[6];
        var samples = Math.Min(LargestSample, canvases.Photographs.Count);
        for (var i = 0; i < samples; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            Add(canvases[(int)((long)i * canvases.Photographs.Count / samples)].Span, sums, products);
        }

        var pixels = (double)samples * canvases.Side * canvases.Side;
        double[] mean = [sums[0] / pixels, sums[1] / pixels, sums[2] / pixels];
        var covariance = new double[3, 3];
        for (int row = 0, product = 0; row < 3; row++)
        {
            for (var column = row; column < 3; column++, product++)
            {
                covariance[row, column] = covariance[column, row] = (products[product] / pixels) - (mean[row] * mean[column]);
            }
        }

        using var scope = NewDisposeScope();
        var (values, vectors) = linalg.eigh(from_array(covariance));
        var directions = vectors.transpose(0, 1).contiguous().data<double>().ToArray();
        return new ColourStatistics(
            mean,
            [directions[..3], directions[3..6], directions[6..]],
            [.. values.data<double>().ToArray().Select(variance => Math.Sqrt(Math.Max(0, variance)))]);
    }

    /// <summary>Adds a canvas to the sums of r, g, b and of rr, rg, rb, gg, gb, bb.</summary>
    private static void Add(ReadOnlySpan<byte> canvas, Span<long> sums, Span<long> products)
    {
        var plane = canvas.Length / 3;
        var red = canvas[..plane];
        var green = canvas.Slice(plane, plane);
        var blue = canvas[(2 * plane)..];
        for (var pixel = 0; pixel < plane; pixel++)
        {
            var (r, g, b) = (red[pixel], green[pixel], blue[pixel]);
            sums[0] += r;
            sums[1] += g;
            sums[2] += b;
            products[0] += r * r;
            products[1] += r * g;
            products[2] += r * b;
            products[3] += g * g;
            products[4] += g * b;
            products[5] += b * b;
        }
    }
}
