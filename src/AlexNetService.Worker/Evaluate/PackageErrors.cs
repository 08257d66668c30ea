using AlexNetService.Imaging;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data;

namespace AlexNetService.Worker.Evaluate;

/// <summary>Errors of packages and of their ensemble, through the same code that serves them.</summary>
internal static class PackageErrors
{
    private const int PhotographsPerRun = 16;

    /// <summary>Measures each package, and where there are several their ensemble.</summary>
    /// <exception cref="InputException">The packages have different labels, or do not know the data set's classes.</exception>
    public static IReadOnlyList<MeasuredError> Measure(
        IReadOnlyList<string> folders,
        LabelledPhotographs source,
        IReadOnlyList<Photograph> photographs,
        TestViews views,
        RuntimeOptions options,
        CancellationToken stop)
    {
        var sessions = new List<ModelSession>();
        try
        {
            sessions.AddRange(folders.Select(folder => ModelSession.Open(ModelPackage.Open(folder), options)));
            return Measure(sessions, source, photographs, views, stop);
        }
        finally
        {
            sessions.ForEach(session => session.Dispose());
        }
    }

    /// <summary>Class probabilities of every photograph in turn.</summary>
    /// <param name="ensemble">The model, or several.</param>
    /// <param name="canvases">The photographs, decoded for the model's canvas.</param>
    /// <param name="views">Which crops are averaged.</param>
    /// <param name="stop">Stops the measurement.</param>
    public static IEnumerable<float[]> Probabilities(Ensemble ensemble, Canvases canvases, TestViews views, CancellationToken stop)
    {
        for (var start = 0; start < canvases.Photographs.Count; start += PhotographsPerRun)
        {
            stop.ThrowIfCancellationRequested();
            var pictures = Enumerable.Range(start, Math.Min(PhotographsPerRun, canvases.Photographs.Count - start))
                .Select(place => new PictureCanvases([new Canvas(canvases.Side, canvases[place].ToArray())]))
                .ToArray();
            foreach (var probabilities in ensemble.Probabilities(pictures, views))
            {
                yield return probabilities;
            }
        }
    }

    /// <summary>An ensemble of models that fit together.</summary>
    /// <exception cref="InputException">They do not.</exception>
    public static Ensemble EnsembleOf(params IEnumerable<ModelSession> sessions)
    {
        var (ensemble, reason) = Ensemble.Of([.. sessions.Select(session => new EnsembleMember(session))]);
        return ensemble ?? throw new InputException(reason ?? "The packages do not fit together.");
    }

    private static List<MeasuredError> Measure(
        List<ModelSession> sessions,
        LabelledPhotographs source,
        IReadOnlyList<Photograph> photographs,
        TestViews views,
        CancellationToken stop)
    {
        var together = EnsembleOf(sessions);
        var classes = ClassMatch.Of(source.Labels, together.Labels, sessions[0].Card.Name);
        var results = new List<MeasuredError>();
        var byMember = new List<float[][]>();
        Canvases? canvases = null;
        foreach (var session in sessions)
        {
            var side = session.Card.Preprocessing.Canvas;
            canvases = canvases?.Side == side ? canvases : Canvases.Load(source, photographs, side, stop);
            var name = $"{session.Card.Name} version {session.Card.Version}";
            var running = Probabilities(EnsembleOf(session), canvases, views, stop);
            byMember.Add([.. MeasuringProgress.Over(running, canvases.Photographs.Count, name)]);
            results.Add(MeasuredError.Of(name, (int)views, canvases, classes, byMember[^1]));
        }

        if (canvases is not null && sessions.Count > 1)
        {
            var means = Enumerable.Range(0, canvases.Photographs.Count)
                .Select(place => together.Mean([.. byMember.Select(member => member[place])]));
            results.Add(MeasuredError.Of($"ensemble of {sessions.Count}", (int)views, canvases, classes, means));
        }

        return results;
    }
}
