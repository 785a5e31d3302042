import '../styles/base.css';
import '../styles/explorer.css';
import { render } from 'preact';
import { isReturning } from '../graph/sign-in';
import { SignedIn } from '../ui/signed-in';
import { Explorer } from './explorer';

render(isReturning() ? <SignedIn /> : <Explorer />, document.getElementById('page')!);
