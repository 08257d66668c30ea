using System.Runtime.ExceptionServices;

namespace AlexNetService.Training.Data;

/// <summary><see cref="Parallel.For(int, int, ParallelOptions, Action{int})"/> whose first failure is thrown as it was, not wrapped.</summary>
internal static class InParallel
{
    /// <param name="count">How often.</param>
    /// <param name="threads">How many threads at most; the caller's is one of them.</param>
    /// <param name="body">What to do, told 0 to count-1 in no order.</param>
    /// <param name="cancellation">Begins no more of them.</param>
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
