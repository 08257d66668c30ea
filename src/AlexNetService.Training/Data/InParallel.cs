using System.Runtime.ExceptionServices;

namespace AlexNetService.Training.Data;

/// <summary><see cref="Parallel.For(int, int, ParallelOptions, Action{int})"/> that throws the first failure unwrapped.</summary>
internal static class InParallel
{
    /// <param name="count">Number of calls.</param>
    /// <param name="threads">Largest number of threads, the caller's included.</param>
    /// <param name="body">Called with 0 to count-1, in any order.</param>
    /// <param name="cancellation">Starts no further calls.</param>
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
