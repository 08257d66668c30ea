using System.Text.Json.Serialization;
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
    /// The mean canvas, [3,canvas,canvas], 0..255, which is subtracted instead of the mean colour; null where the colour is. Checkpoints
    /// hold it as a tensor.
    /// </summary>
    [JsonIgnore]
    public float[]? MeanImage { get; init; }

    /// <summary>What is subtracted from a crop, row-major: the mean colour, [3], or the mean image's centre crop, [3,crop,crop].</summary>
    /// <param name="crop">Side of a crop, in pixels.</param>
    public IReadOnlyList<double> MeanOfCrop(int crop)
    {
        if (MeanImage is not { } image)
        {
            return Mean;
        }

        var side = (int)Math.Sqrt(image.Length / Mean.Count);
        var margin = (side - crop) / 2;
        var mean = new double[Mean.Count * crop * crop];
        for (var i = 0; i < mean.Length; i++)
        {
            var (channel, row, column) = (i / (crop * crop), i / crop % crop, i % crop);
            mean[i] = image[(((channel * side) + margin + row) * side) + margin + column];
        }

        return mean;
    }

    /// <summary>
    /// Measures canvases, mean image included; of very large sets an evenly spread sample of 100,000. The sum of a value over the sample
    /// fits 32 bits.
    /// </summary>
    /// <param name="canvases">The training canvases.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    public static ColourStatistics Of(Canvases canvases, CancellationToken cancellation = default)
    {
        Span<long> sums = stackalloc long[3];
        Span<long> products = stackalloc long[6];
        var image = new int[canvases.Bytes];
        var samples = Math.Min(LargestSample, canvases.Photographs.Count);
        for (var i = 0; i < samples; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var canvas = canvases[(int)((long)i * canvases.Photographs.Count / samples)].Span;
            Add(canvas, sums, products);
            for (var value = 0; value < image.Length; value++)
            {
                image[value] += canvas[value];
            }
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
            [.. values.data<double>().ToArray().Select(variance => Math.Sqrt(Math.Max(0, variance)))])
        {
            MeanImage = [.. image.Select(sum => (float)((double)sum / samples))],
        };
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
