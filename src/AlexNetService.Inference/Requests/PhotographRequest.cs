using AlexNetService.Imaging;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Inference.Requests;

/// <summary>Asks what a photograph shows: the mean over its views and over the models.</summary>
/// <param name="photograph">The file's bytes; they must not change until the request is answered.</param>
public sealed class PhotographRequest(ReadOnlyMemory<byte> photograph, Ensemble ensemble, TestViews views)
    : InferenceRequest(ensemble, photograph)
{
    /// <summary>Which crops are averaged.</summary>
    public TestViews Views => views;

    /// <summary>What is wanted; default probabilities. Logits and features need an ensemble of one model whose card names them.</summary>
    public OutputKinds Outputs { get; init; } = OutputKinds.Probabilities;

    /// <summary>Whether the answer keeps the canvas and the probabilities of each crop; default false.</summary>
    public bool WithViews { get; init; }

    internal override bool HasMore => Values is null;

    internal override int Plan(int limit)
    {
        Ensemble.Require(Outputs);
        return Ensemble.Members.Count * (int)views;
    }

    internal override CropJob[] Next()
    {
        var values = Values = new InferenceResult.Answered(Ensemble, rows: 1, Outputs, WithViews ? (int)views : 0);
        if (WithViews)
        {
            values.Canvas = Canvas(Ensemble.Members[0].Session.Card.Preprocessing.Canvas).ToArray();
        }

        var jobs = new CropJob[Ensemble.Members.Count];
        for (var i = 0; i < jobs.Length; i++)
        {
            var session = Ensemble.Members[i].Session;
            var input = session.Card.Preprocessing;
            var windows = CropViews.Of((int)views, new CropGeometry(input.Canvas, input.Crop));
            jobs[i] = new CropJob(this, session, Canvas(input.Canvas), windows, areTensor: false, values.Of(i), values.ViewsOf(i));
        }

        return jobs;
    }
}
