using System.Runtime.CompilerServices;

namespace AlexNetService.Worker.Classify;

/// <summary>Classifies photographs with the engine of the web service, several at a time.</summary>
/// <param name="engine">The engine; its queue has room for all of them.</param>
internal sealed class Classification(InferenceEngine engine, Ensemble ensemble, TestViews views, int top)
{
    /// <summary>The models that answer, <c>name/version</c>, in order of their names.</summary>
    public IReadOnlyList<string> Models { get; } =
    [
        .. ensemble.Members.Select(member => $"{member.Session.Card.Name}/{member.Session.Card.Version}").Order(StringComparer.Ordinal),
    ];

    /// <summary>The answers, in the order of the photographs. One that cannot be read or decoded is answered with the reason.</summary>
    /// <param name="together">Photographs that are decoded, wait or run at a time.</param>
    /// <param name="stop">Ends the reading; photographs under way are still answered.</param>
    public async IAsyncEnumerable<PhotographAnswer> AnswersAsync(
        IEnumerable<NamedPhotograph> photographs, int together, [EnumeratorCancellation] CancellationToken stop)
    {
        var underWay = new Queue<Task<PhotographAnswer>>();
        foreach (var photograph in photographs.TakeWhile(_ => !stop.IsCancellationRequested))
        {
            underWay.Enqueue(AnswerAsync(photograph));
            if (underWay.Count == together)
            {
                yield return await underWay.Dequeue();
            }
        }

        while (underWay.TryDequeue(out var answer))
        {
            yield return await answer;
        }
    }

    private async Task<PhotographAnswer> AnswerAsync(NamedPhotograph photograph)
    {
        byte[] bytes;
        try
        {
            bytes = photograph.Read();
        }
        catch (Exception e) when (e is DataSetException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return Failed(photograph, e.Message);
        }

        using var result = await engine.RunAsync(new PhotographRequest(bytes, ensemble, views));
        return result switch
        {
            InferenceResult.Answered answered => Answered(
                photograph, RankedClass.Top(answered.Probabilities.Span, ensemble, top)),
            InferenceResult.Undecodable undecodable => Failed(photograph, undecodable.Fault.Reason),
            InferenceResult.NotFinite { Model: var model } => Failed(
                photograph, $"'{model}' answered with values that are not finite numbers. Export it again."),
            _ => throw new InvalidOperationException($"The engine did not answer '{photograph.Name}': {result}."),
        };
    }

    private PhotographAnswer Answered(NamedPhotograph photograph, IReadOnlyList<RankedClass> predictions)
    {
        var (confident, error) = ensemble.Judge(predictions[0].Probability, views);
        return new PhotographAnswer(photograph.Name, predictions, null, Models, (int)views, confident, error);
    }

    private PhotographAnswer Failed(NamedPhotograph photograph, string reason) => new(photograph.Name, null, reason, Models, (int)views);
}
