/** Given names that are frequent in several languages, lower case and without accents. */
export const givenNames: ReadonlySet<string> = new Set(
  `james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony mark donald
  steven paul andrew joshua kenneth kevin brian george timothy ronald edward jason jeffrey ryan jacob gary nicholas eric
  jonathan stephen larry justin scott brandon benjamin samuel gregory alexander frank patrick raymond jack dennis jerry
  tyler aaron jose adam nathan henry douglas zachary peter kyle noah ethan jeremy walter christian keith roger terry
  austin sean gerald carl harold dylan arthur lawrence jordan jesse bryan billy bruce gabriel joe logan alan juan albert
  willie elijah wayne randy vincent mason roy ralph bobby russell bradley philip eugene liam oliver lucas mateo leo
  mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty sandra margaret ashley
  kimberly emily donna michelle carol amanda melissa deborah stephanie rebecca laura sharon cynthia kathleen amy angela
  shirley brenda emma anna pamela nicole samantha katherine christine helen debra rachel carolyn janet maria catherine
  heather diane olivia julie joyce victoria ruth virginia lauren kelly christina joan evelyn judith andrea hannah megan
  cheryl jacqueline martha madison teresa gloria sara janice ann kathryn abigail sophia frances jean alice judy isabella
  julia grace amber denise danielle marilyn beverly charlotte natalie theresa diana brittany doris kayla alexis lori
  marie ella mia ava chloe zoe lily lucy ellie isla freya poppy daisy ivy rosie
  hans peter klaus jurgen wolfgang uwe dieter stefan andreas thomas markus sebastian tobias florian lukas felix jonas
  maximilian leon finn paul moritz jan tim niklas philipp ursula monika petra sabine renate helga birgit claudia susanne
  heike anja katrin lena leonie lea marie sophie hanna johanna clara frieda greta mila ida
  jean pierre michel philippe alain nicolas christophe pascal laurent thierry olivier julien antoine louis hugo jules
  arthur raphael gabriel camille manon lea chloe ines jade louise juliette nathalie isabelle sylvie valerie sandrine
  celine aurelie amelie elodie mathilde margaux
  jose antonio manuel francisco juan javier carlos miguel alejandro rafael pedro pablo sergio fernando luis alberto diego
  alvaro jorge ruben adrian ivan carmen ana isabel dolores pilar teresa rosa cristina marta lucia paula elena raquel
  beatriz alba sofia valentina camila ximena guadalupe mercedes joao thiago gustavo bruno rodrigo felipe leonardo mariana
  fernanda juliana leticia larissa giulia francesca chiara alessandro andrea marco luca matteo lorenzo giovanni giuseppe
  roberto stefano paolo salvatore silvia elisa martina federica
  mohammed muhammad ahmed ali omar hassan hussein ibrahim yusuf khalid fatima aisha maryam zainab layla noor amina salma
  priya rahul amit anjali deepak sanjay sunita rajesh vijay arjun rohan ananya neha pooja kavita ravi suresh lakshmi
  wei li ming yan jing hui xin yang chen lin hiroshi takashi yuki sakura kenji akira haruto yui jin min ji soo hye
  olga natalia irina svetlana tatiana elena ekaterina anastasia ivan dmitri sergei alexei vladimir mikhail nikolai igor
  anders lars erik bjorn johan mikael karin ingrid astrid sven gunnar freja emil oskar jens mette
  piotr krzysztof andrzej tomasz pawel katarzyna agnieszka malgorzata anna joanna ewa
  chinedu emeka ngozi adaeze kwame kofi ama abena tunde folake amara zanele thabo sipho`.split(/\s+/),
);
