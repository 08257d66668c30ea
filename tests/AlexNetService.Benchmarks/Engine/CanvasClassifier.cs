using AlexNetService.Imaging;
using AlexNetService.Inference.Ensembles;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Benchmarks.Engine;

/// <summary>Ten-crop classification of decoded photographs on the calling thread, without a queue.</summary>
/// <param name="ensemble">The models.</param>
internal sealed class CanvasClassifier(Ensemble ensemble)
{
    private readonly (CropWindow[] Windows, float[] Rows)[] members =
    [
        .. ensemble.Members.Select(member => member.Session).Select(session =>
        {
            var input = session.Card.Preprocessing;
            var windows = CropViews.Ten(new CropGeometry(input.Canvas, input.Crop));
            return (windows, new float[windows.Length * session.Classes]);
        }),
    ];

    /// <summary>Classifies a photograph.</summary>
    /// <param name="canvases">The photograph as one canvas of each side that the models need.</param>
    /// <returns>Probabilities, [classes].</returns>
    public float[] Probabilities(IReadOnlyList<Canvas> canvases)
    {
        var mean = new float[ensemble.Labels.Count];
        var weights = ensemble.Members.Sum(member => member.Weight);
        for (var m = 0; m < members.Length; m++)
        {
            var (session, weight) = ensemble.Members[m];
            var (windows, rows) = members[m];
            var canvas = canvases.First(canvas => canvas.Side == session.Card.Preprocessing.Canvas);
            session.Run(canvas.Pixels, windows, new() { Probabilities = rows });
            for (var i = 0; i < rows.Length; i++)
            {
                mean[i % mean.Length] += (float)(rows[i] * weight / (weights * windows.Length));
            }
        }

        return mean;
    }
}
