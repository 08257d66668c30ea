using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;

namespace AlexNetService.Benchmarks.Engine;

/// <summary>The engine, on canvases.</summary>
internal sealed class OurEngine(string name, Ensemble ensemble, int waiting) : EngineCase(name, ensemble.Members.Count, waiting)
{
    protected override void Classify(IReadOnlyList<PictureCanvases> pictures) => ensemble.Probabilities(pictures, TestViews.Ten);
}
