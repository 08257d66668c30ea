using System.Globalization;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// The numbers of rows that graphs run on. The CPU takes any number. A GPU plans its kernels and memory for each new number, so runs are
/// padded to a few of them.
/// </summary>
internal sealed class BatchSizes
{
    private const string CudaDefault = "1,10,20,40";

    private readonly int[]? sizes;

    private BatchSizes(int[]? sizes, int largest) => (this.sizes, Largest) = (sizes, largest);

    /// <summary>Rows at most.</summary>
    public int Largest { get; }

    /// <summary>The sizes to run once before the first request: the largest first, so that the others fit into its memory.</summary>
    public IEnumerable<int> ToWarm => (sizes ?? [1, 10, Largest]).Where(size => size <= Largest).Distinct().OrderDescending();

    public static BatchSizes Of(RuntimeOptions options, ExecutionTarget target)
    {
        var text = options.BatchSizes is { Length: > 0 } given ? given : target.IsCuda ? CudaDefault : "";
        int[]? sizes = text == "" ? null :
            [.. text.Split(',').Select(size => int.Parse(size, NumberStyles.None, CultureInfo.InvariantCulture))];
        return new BatchSizes(sizes, options.MaxCropsPerRun).UpTo(options.MaxCropsPerRun);
    }

    /// <summary>The same for fewer rows; the largest number is always one of the sizes.</summary>
    public BatchSizes UpTo(int largest) =>
        new(sizes is null ? null : [.. sizes.Where(size => size > 0 && size < largest).Append(largest).Distinct().Order()], largest);

    /// <summary>The number of rows to run for a number of crops.</summary>
    public int Padded(int count) => sizes is null ? count : sizes.First(size => size >= count);
}
