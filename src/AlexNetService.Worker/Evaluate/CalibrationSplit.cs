namespace AlexNetService.Worker.Evaluate;

/// <summary>
/// Places of two halves of the photographs, one to fit on and one to measure on, so that the numbers hold for other photographs too.
/// Neighbours in the data set go to different halves, which also halves each class.
/// </summary>
internal sealed record CalibrationSplit(int[] Fitted, int[] Measured)
{
    /// <summary>Most logits of a model that are kept while a temperature is fitted: 512 MiB of floats.</summary>
    public const long MostLogits = 1L << 27;

    /// <summary>Divides photographs of so many logits each, all views; if all would be too many, some are used, evenly spread.</summary>
    public static CalibrationSplit Of(int photographs, int logits, long mostLogits = MostLogits)
    {
        var kept = (int)Math.Min(photographs, mostLogits / logits);
        var places = Enumerable.Range(0, kept).Select(i => (int)((long)i * photographs / kept)).ToArray();
        return new CalibrationSplit([.. places.Where((_, i) => i % 2 == 0)], [.. places.Where((_, i) => i % 2 == 1)]);
    }
}
