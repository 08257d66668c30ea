namespace AlexNetService.Training.Measuring;

/// <summary>
/// The filters of a column's first convolution, side by side in a square (Krizhevsky 2012, figure 3). Grey is a weight of zero; each filter
/// is scaled by its own largest weight.
/// </summary>
public static class FilterPicture
{
    private const int Gap = 1;

    // The gap between two columns, in weights; the approximate width of a column, in pixels.
    private const int ColumnGap = 6;
    private const int ColumnPixels = 384;
    private const byte Paper = 255;
    private const double Grey = 127.5;

    /// <summary>One picture a column.</summary>
    public static IReadOnlyList<Canvas> OfColumns(NetworkArchitecture architecture, NamedWeights weights)
    {
        if (architecture.Layers.OfType<Convolution>().FirstOrDefault() is not { Reads: Reads.Image } first)
        {
            return [];
        }

        var values = weights[WeightShape.WeightOf(first.Name)].Values;
        var ofAColumn = values.Length / architecture.Columns;
        return
        [
            .. Enumerable.Range(0, architecture.Columns).Select(column => Of(values.AsSpan(column * ofAColumn, ofAColumn), first.Kernel)),
        ];
    }

    /// <summary>
    /// The picture in a package, a PNG: all columns side by side with a gap, each weight several pixels large. Null if the first layer does
    /// not read the image.
    /// </summary>
    public static byte[]? Png(NetworkArchitecture architecture, NamedWeights weights)
    {
        var columns = OfColumns(architecture, weights);
        if (columns.Count == 0)
        {
            return null;
        }

        var one = columns[0].Side;
        var times = Math.Max(1, ColumnPixels / one);
        var (width, height) = (((columns.Count * (one + ColumnGap)) - ColumnGap) * times, one * times);
        var planes = new byte[NetworkArchitecture.Channels * width * height];
        for (var i = 0; i < planes.Length; i++)
        {
            var (channel, row, across) = (i / (width * height), i / width % height / times, i % width / times);
            var (column, x) = (across / (one + ColumnGap), across % (one + ColumnGap));
            planes[i] = x < one ? columns[column].Pixels[(((channel * one) + row) * one) + x] : Paper;
        }

        return CanvasEncoder.Png(planes, width, height);
    }

    /// <summary>[filters,3,kernel,kernel] → a picture of as many rows as columns, read from left to right and top to bottom.</summary>
    internal static Canvas Of(ReadOnlySpan<float> filters, int kernel)
    {
        var one = NetworkArchitecture.Channels * kernel * kernel;
        var count = filters.Length / one;
        var across = (int)Math.Ceiling(Math.Sqrt(count));
        var side = Begin(across, kernel);
        var picture = new Canvas(side, new byte[NetworkArchitecture.Channels * side * side]);
        picture.Pixels.AsSpan().Fill(Paper);
        for (var filter = 0; filter < count; filter++)
        {
            Draw(filters.Slice(filter * one, one), kernel, picture, Begin(filter / across, kernel), Begin(filter % across, kernel));
        }

        return picture;
    }

    private static int Begin(int filters, int kernel) => (filters * (kernel + Gap)) + Gap;

    private static void Draw(ReadOnlySpan<float> filter, int kernel, Canvas into, int top, int left)
    {
        var largest = 0f;
        foreach (var weight in filter)
        {
            largest = Math.Max(largest, Math.Abs(weight));
        }

        for (var i = 0; i < filter.Length; i++)
        {
            var (channel, row, column) = (i / (kernel * kernel), i / kernel % kernel, i % kernel);
            var level = largest > 0 ? Grey + (Grey * filter[i] / largest) : Grey;
            into.Pixels[(((channel * into.Side) + top + row) * into.Side) + left + column] = (byte)Math.Round(level);
        }
    }
}
