using System.Runtime.CompilerServices;

namespace AlexNetService.Worker.Classify;

/// <summary>Classifies photographs with the engine of the web service, several at a time.</summary>
/// <param name="engine">The engine; its queue has room for all of them.</param>
/// <param name="ranks">The processes that share the photographs, one each in turn.</param>
internal sealed class Classification(InferenceEngine engine, Ensemble ensemble, TestViews views, int top, Ranks ranks)
{
    /// <summary>Whether another rank was stopped, so that answers are missing.</summary>
    public bool AnotherStopped { get; private set; }

    /// <summary>The models that answer, <c>name/version</c>, in order of their names.</summary>
    public IReadOnlyList<string> Models { get; } =
    [
        .. ensemble.Members.Select(member => $"{member.Session.Card.Name}/{member.Session.Card.Version}").Order(StringComparer.Ordinal),
    ];

    /// <summary>
    /// The answers, in the order of the photographs. One that cannot be read or decoded is answered with the reason. The first rank gets
    /// the answers of all, another one only its own, for <see cref="Send"/>.
    /// </summary>
    /// <param name="together">Photographs that are decoded, wait or run at a time.</param>
    /// <param name="stop">Ends the reading; photographs under way are still answered.</param>
    public async IAsyncEnumerable<PhotographAnswer> AnswersAsync(
        IEnumerable<NamedPhotograph> photographs, int together, [EnumeratorCancellation] CancellationToken stop)
    {
        // The answer of another rank is received in its turn.
        var underWay = new Queue<Func<Task<PhotographAnswer?>>>();
        foreach (var (i, photograph) in photographs.TakeWhile(_ => !stop.IsCancellationRequested && !AnotherStopped).Index())
        {
            var rank = i % ranks.Count;
            if (rank == ranks.Rank)
            {
                var answering = AnswerAsync(photograph);
                underWay.Enqueue(async () => await answering);
            }
            else if (ranks.IsFirst)
            {
                underWay.Enqueue(() => Task.FromResult(Receive(photograph, rank)));
            }

            if (underWay.Count == together * (ranks.IsFirst ? ranks.Count : 1) && await underWay.Dequeue()() is { } answer)
            {
                yield return answer;
            }
        }

        while (!AnotherStopped && underWay.TryDequeue(out var next))
        {
            if (await next() is { } answer)
            {
                yield return answer;
            }
        }
    }

    /// <summary>Sends an answer to the first rank; null says that this rank was stopped.</summary>
    public void Send(PhotographAnswer? answer) => ranks.Send(
        answer is null ? [] : JsonSerializer.SerializeToUtf8Bytes(answer, WorkerJson.Answer.PhotographAnswer));

    private PhotographAnswer? Receive(NamedPhotograph photograph, int rank)
    {
        var answer = ranks.Receive(rank) is { Length: > 0 } bytes
            ? JsonSerializer.Deserialize(bytes, WorkerJson.Answer.PhotographAnswer)
            : null;
        AnotherStopped = answer is null;
        InputException.ThrowIf(
            answer is not null && answer.Photograph != photograph.Name,
            $"Rank {rank} has another photograph in the place of '{photograph.Name}': '{answer?.Photograph}'. "
            + "Start again when no photographs are added or removed.");
        return answer;
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
