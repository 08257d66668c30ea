using AlexNetService.Imaging;
using AlexNetService.Inference.Ensembles;

namespace AlexNetService.Benchmarks.Engine;

/// <summary>The engine, on canvases.</summary>
internal sealed class OurEngine(string name, Ensemble ensemble, int waiting) : EngineCase(name, ensemble.Members.Count, waiting)
{
    private readonly CanvasClassifier classifier = new(ensemble);

    protected override void Classify(IReadOnlyList<Canvas> pictures)
    {
        foreach (var picture in pictures)
        {
            _ = classifier.Probabilities([picture]);
        }
    }
}
