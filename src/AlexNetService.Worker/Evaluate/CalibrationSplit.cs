namespace AlexNetService.Worker.Evaluate;

/// <summary>
/// Two halves of the photographs: what is fitted is fitted on one and measured on the other, so that the numbers hold for photographs
/// that were not fitted to. Neighbours in the data set go to different halves, and so does each class by half.
/// </summary>
/// <param name="Fitted">Places to fit on.</param>
/// <param name="Measured">Places to measure on.</param>
internal sealed record CalibrationSplit(int[] Fitted, int[] Measured)
{
    /// <summary>Numbers that a model's logits may take while a temperature is fitted: 512 MiB of floats.</summary>
    public const long MostLogits = 1L << 27;

    /// <summary>Divides photographs; where their logits would take too much memory, a part of them that lies evenly over the whole.</summary>
    /// <param name="photographs">How many there are.</param>
    /// <param name="logits">Logits of one photograph, all views.</param>
    /// <param name="mostLogits">How many logits may be kept.</param>
    public static CalibrationSplit Of(int photographs, int logits, long mostLogits = MostLogits)
    {
        var kept = (int)Math.Min(photographs, mostLogits / logits);
        var places = Enumerable.Range(0, kept).Select(i => (int)((long)i * photographs / kept)).ToArray();
        return new CalibrationSplit([.. places.Where((_, i) => i % 2 == 0)], [.. places.Where((_, i) => i % 2 == 1)]);
    }
}
