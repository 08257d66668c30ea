namespace AlexNetService.Worker.Evaluate;

/// <summary>A package, measured as it is served: whole canvases, whose crops share the trunk if the package has one.</summary>
internal sealed class EvaluatedPackage(ModelSession session) : EvaluatedModel
{
    public static EvaluatedPackage Open(ModelPackage package, RuntimeOptions options)
    {
        var card = package.Card;
        return new EvaluatedPackage(ModelSession.Open(package, options))
        {
            Name = $"{card.Name} version {card.Version}",
            Sha256 = card.Graph.Sha256,
            Labels = card.Labels,
            Geometry = new CropGeometry(card.Preprocessing.Canvas, card.Preprocessing.Crop),
            Temperature = card.Calibration?.Temperature ?? 1,
            Weight = card.EnsembleWeight ?? 1,
            DataSetSha256 = card.Training?.DataSetSha256,
            Share = RunCheckpoint.RecipeOf(card.Training)?.Share,
        };
    }

    public override IEnumerable<float[]> Logits(Canvases canvases, CropWindow[] windows, CancellationToken stop)
    {
        for (var place = 0; place < canvases.Photographs.Count; place++)
        {
            stop.ThrowIfCancellationRequested();
            yield return Run(canvases[place].Span, windows);
        }
    }

    public override void Dispose() => session.Dispose();

    /// <summary>Logits if the graph has them, otherwise the logarithms of its probabilities, whose softmax is the same.</summary>
    private float[] Run(ReadOnlySpan<byte> canvas, CropWindow[] windows)
    {
        var values = new float[windows.Length * session.Classes];
        if (session.HasLogits)
        {
            session.Run(canvas, windows, new CropOutputs { Logits = values });
            return values;
        }

        session.Run(canvas, windows, new CropOutputs { Probabilities = values });
        foreach (ref var value in values.AsSpan())
        {
            value = MathF.Log(MathF.Max(value, float.Epsilon));
        }

        return values;
    }
}
