namespace AlexNetService.Training.Data;

/// <summary>Colour statistics of a training set: the mean and the principal components of RGB (Krizhevsky 2012 §4.1).</summary>
/// <param name="Mean">Mean red, green, blue, 0..255.</param>
/// <param name="Components">Three principal directions in RGB, each of length 1, the strongest last.</param>
/// <param name="Deviations">Standard deviation of the colours along each direction, in pixel values.</param>
public sealed record ColourStatistics(
    IReadOnlyList<double> Mean, IReadOnlyList<IReadOnlyList<double>> Components, IReadOnlyList<double> Deviations)
{
    private const int LargestSample = 100_000;

    /// <summary>
    /// The mean canvas, [3,canvas,canvas], 0..255, which is subtracted instead of the mean colour; null where the colour is subtracted.
    /// Checkpoints hold it as a tensor.
    /// </summary>
    [JsonIgnore]
    public float[]? MeanImage { get; init; }

    /// <summary>The mean of a crop, row-major: the mean colour, [3], or the mean image's centre crop, [3,crop,crop].</summary>
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
    /// Statistics with only a mean, of a network whose training set is not known: a colour, [3], or an image, [3,crop,crop]; 0..255. A
    /// colour stands for an image that has it everywhere.
    /// </summary>
    public static ColourStatistics OfMean(IReadOnlyList<double> mean, NetworkArchitecture architecture)
    {
        var (canvas, crop) = architecture.Geometry;
        var (plane, margin) = (mean.Count / 3, (canvas - crop) / 2);
        double[] colour = [.. mean.Chunk(plane).Select(channel => channel.Average())];
        // Only the centre crop of a mean image is used; the margin has the mean colour.
        float[]? image = architecture.MeanImage
            ? [.. colour.SelectMany(value => Enumerable.Repeat((float)value, canvas * canvas))]
            : null;
        for (var i = 0; i < mean.Count && image is not null && plane > 1; i++)
        {
            var (channel, row, column) = (i / plane, i / crop % crop, i % crop);
            image[(((channel * canvas) + margin + row) * canvas) + margin + column] = (float)mean[i];
        }

        return new ColourStatistics(colour, [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, 0]) { MeanImage = image };
    }

    /// <summary>
    /// Measures canvases, mean image included; in very large sets an evenly spread sample of 100,000. Statistics of <c>alexnet prepare</c>
    /// for canvases of this size are used as they are.
    /// </summary>
    public static ColourStatistics Of(Canvases canvases, CancellationToken cancellation = default)
    {
        if (canvases.Prepared is { } prepared)
        {
            return Of(prepared.Mean, prepared.Components, prepared.Eigenvalues, prepared.ReadMeanImage());
        }

        var sums = new PixelSums(canvases.Side);
        var samples = Math.Min(LargestSample, canvases.Photographs.Count);
        for (var i = 0; i < samples; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            sums.Add(canvases[(int)((long)i * canvases.Photographs.Count / samples)].Span);
        }

        var (components, eigenvalues) = sums.Components();
        return Of(sums.Mean(), components, eigenvalues, sums.MeanImage());
    }

    private static ColourStatistics Of(
        IReadOnlyList<double> mean, IReadOnlyList<IReadOnlyList<double>> components, IReadOnlyList<double> eigenvalues, float[] image) =>
        new(mean, components, [.. eigenvalues.Select(Math.Sqrt)]) { MeanImage = image };
}
