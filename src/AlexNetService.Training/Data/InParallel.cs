using System.Runtime.ExceptionServices;

namespace AlexNetService.Training.Data;

/// <summary><see cref="Parallel.For(int, int, ParallelOptions, Action{int})"/> that throws the first failure unwrapped.</summary>
internal static class InParallel
{
    public static void For(int count, int threads, Action<int> body, CancellationToken cancellation = default)
    {
        try
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, body);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
