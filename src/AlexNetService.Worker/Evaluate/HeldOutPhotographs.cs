namespace AlexNetService.Worker.Evaluate;

/// <summary>A labelled data set, divided into photographs to measure on and the others; these are none if all are measured.</summary>
internal sealed record HeldOutPhotographs(LabelledPhotographs Source, IReadOnlyList<Photograph> Measured, IReadOnlyList<Photograph> Others)
{
    /// <summary>Name of the measured part, for cards.</summary>
    public string Split => Others.Count > 0 ? "validation" : "all";

    /// <summary>Those that <c>alexnet train --validation-fraction</c> of the same value holds out; all without a fraction.</summary>
    public static HeldOutPhotographs Of(LabelledPhotographs source, double? fraction)
    {
        if (fraction is not { } share)
        {
            return new HeldOutPhotographs(source, source.Photographs, []);
        }

        var (training, heldOut) = share is > 0 and < 1 ? source.Split(new DataShare(share)) : ([], []);
        return heldOut.Count > 0
            ? new HeldOutPhotographs(source, heldOut, training)
            : throw new InputException(
                $"A validation fraction of {share} holds out no photograph of '{source.Name}'. "
                + "Use a share between 0 and 1, or leave it out to measure all.");
    }

    /// <summary>Decodes photographs for calibration, spread evenly over those that are not measured, or over all if all are.</summary>
    public Canvases ForCalibration(int count, int side, CancellationToken stop)
    {
        var from = Others.Count > 0 ? Others : Measured;
        var taken = Math.Min(count, from.Count);
        return Canvases.Load(Source, [.. Enumerable.Range(0, taken).Select(i => from[(int)((long)i * from.Count / taken)])], side, stop);
    }
}
